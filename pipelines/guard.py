"""The guard before Dagster's page: refuses what a foreign web page, a neighbour in the network or a manager may not ask.

Dagster's own server has no login, answers to any Host, and runs mutations that come by GET or in the address of a form.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRAPHQL = "/graphql"
LONGEST_BODY_BYTES = 1_000_000
_NOT_SERVED = (GRAPHQL, "/notebook", "/dagit/notebook")  # by address: queries, and any notebook file of the machine
_STATIC = ("/_next/", "/vendor/")
_OF_EVERY_ANSWER = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CONTENT_POLICY = (  # beside Dagster's own policy: nothing is fetched from, sent to or framed by another place
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ASK = {"WWW-Authenticate": 'Basic realm="Stepcare", charset="UTF-8"'}
Refusal = tuple[int, str]


@dataclass(frozen=True)
class Guard:
    """An ASGI application that passes to `app` only what the rules allow, and answers 401, 403, 413 or 415 to the rest.

    `hosts` are the values of the Host header that are served. `is_read_only` refuses every operation but queries.
    With a `password` (HTTP basic, any user name) nothing is answered without it.
    """

    app: ASGIApp
    hosts: frozenset[str]
    is_read_only: bool = False
    password: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, one websocket, or the server's start and end."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        refusal = self._refusal(scope)
        if scope["type"] == "websocket":
            if refusal:
                return await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
            return await self.app(scope, receive, send)
        if not refusal and self.is_read_only and scope["method"] == "POST":
            receive, refusal = await _read_query(Request(scope, receive))
        if refusal:
            status, why = refusal
            answer = PlainTextResponse(f"Stepcare: {why}.\n", status, _ASK if status == 401 else None)
            return await answer(scope, receive, _with_headers(scope, send))
        return await self.app(scope, receive, _with_headers(scope, send))

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if headers.getlist("host") != [headers.get("host")] or host not in self.hosts:
            return 403, "this page is not served under that name; an operator can add it with --host-name"
        is_link = scope.get("method") == "GET" and headers.get("sec-fetch-mode") == "navigate"
        is_foreign_site = not set(headers.getlist("sec-fetch-site")) <= {"same-origin", "none"}
        own = {f"http://{host}", f"https://{host}"}
        if not {origin.lower() for origin in headers.getlist("origin")} <= own or (is_foreign_site and not is_link):
            return 403, "a page from another place asked"
        if self.password is not None and not _knows(self.password, headers.getlist("authorization")):
            return 401, "a password is needed"
        if scope["type"] == "websocket":
            return None
        if scope["method"] in ("GET", "HEAD"):
            return (403, "this is not served by address") if scope["path"] in _NOT_SERVED else None
        if scope["method"] != "POST" or scope["path"] != GRAPHQL:
            return 403, "nothing but a POST to /graphql is taken"
        kinds = [kind.split(";")[0].strip().lower() for kind in headers.getlist("content-type")]
        return None if kinds == ["application/json"] else (415, "nothing but application/json is read")


def _knows(password: str, given: list[str]) -> bool:
    kind, _, said = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    try:
        pair = base64.b64decode(said.strip(), validate=True) if kind.lower() == "basic" else b""
    except ValueError:
        return False
    guess = hashlib.sha256(pair.partition(b":")[2]).digest()
    return hmac.compare_digest(guess, hashlib.sha256(password.encode()).digest())


async def _read_query(request: Request) -> tuple[Receive, Refusal | None]:
    """The request's body to be read once more by the application, and the refusal unless it is a plain query."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY_BYTES:
            return request.receive, (413, "the body is longer than any of the page's own")
    pending: list[Message] = [{"type": "http.request", "body": body}]

    async def again() -> Message:
        return pending.pop() if pending else await request.receive()

    try:
        definitions = parse(json.loads(body)["query"]).definitions
    except (ValueError, KeyError, TypeError, RecursionError, GraphQLError):
        return again, (403, "it is no query")
    operations = {node.operation for node in definitions if isinstance(node, OperationDefinitionNode)}
    return again, None if operations <= {OperationType.QUERY} else (403, "this page is for reading only")


def _with_headers(scope: Scope, send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(_OF_EVERY_ANSWER)
            headers.append("Content-Security-Policy", _CONTENT_POLICY)
            if not scope["path"].startswith(_STATIC):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return guarded
