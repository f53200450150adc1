"""Asking an ASGI application as any program could: headers twice or none, any path, any content type."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

App = Callable[[Any, Any, Any], Awaitable[None]]
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Pairs
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


def ask(app: App, method: str, path: str, headers: Pairs, body: bytes = b"", query: str = "") -> Answer:
    """The answer to one HTTP request; `query` is a GraphQL document put into the address."""
    scope = request(method, path, headers, query)
    sent = asyncio.run(exchange(app, scope, [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]))
    start = next(message for message in sent if message["type"] == "http.response.start")
    parts = [message.get("body", b"") for message in sent if message["type"] == "http.response.body"]
    pairs = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
    return Answer(start["status"], pairs, b"".join(parts))


def request(method: str, path: str, headers: Pairs, query: str = "") -> dict[str, Any]:
    """The scope of an HTTP request as a server hands it to an application."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": f"query={quote(query)}".encode() if query else b"",
        "headers": _encoded(headers),
        "server": ("127.0.0.1", 3000),
        "client": ("127.0.0.1", 50000),
    }


def talk(app: App, path: str, headers: Pairs, messages: list[str]) -> list[dict[str, Any]]:
    """What an application sends on a websocket on which a client says the messages and leaves."""
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": _encoded(headers),
        "subprotocols": ["graphql-ws"],
        "server": ("127.0.0.1", 3000),
        "client": ("127.0.0.1", 50000),
    }
    said = [{"type": "websocket.receive", "text": text} for text in messages]
    return asyncio.run(
        exchange(app, scope, [{"type": "websocket.connect"}, *said, {"type": "websocket.disconnect", "code": 1000}])
    )


async def exchange(app: App, scope: dict[str, Any], messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the application sends on a connection on which a client sends the messages."""
    sent: list[dict[str, Any]] = []
    pending = list(messages)

    async def receive() -> dict[str, Any]:
        return pending.pop(0) if pending else messages[-1]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


def _encoded(headers: Pairs) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
