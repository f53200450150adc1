"""The portal as an ASGI application. It answers GET and HEAD for filed files, and the same 'not found' for all else.

`/<shelf>/...` is for readers whom the proxy named; `/link/<token>/<shelf>/...` for who has a link. What is not yours and what is
not there are answered alike. A file is shown only once its reading stands in the log.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pipelines.delivering.readers import Reader, read_readers
from pipelines.errors import StepcareError
from pipelines.portal.files import STRICT, Filed, find_file
from pipelines.portal.links import name_of_token, shelf_of_token
from pipelines.portal.reading_log import note_reading, reading_now
from pipelines.portal.settings import SignOn
from pipelines.reporting.pages import page_environment
from pipelines.settings import Settings

PROXY_SECRET = "X-Stepcare-Proxy"
_NOT_FOUND = "Not found: there is no such page, or it is not yours to read.\n"
_OF_EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
_DOWNLOADS = ("text/csv", "application/json")


@dataclass(frozen=True)
class Portal:
    """Serves the shelves of an installation under the names in `hosts`; `key` signs links, `sign_on` is the proxy's."""

    settings: Settings
    hosts: frozenset[str]
    sign_on: SignOn | None = None
    key: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a websocket is closed, the server's start and end are acknowledged."""
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        return await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        headers, now = Headers(scope=scope), datetime.now(UTC)
        if scope["method"] not in ("GET", "HEAD") or headers.getlist("host") != [headers.get("host")]:
            return _not_found()
        if headers.get("host", "").lower() not in self.hosts or scope["query_string"]:
            return _not_found()
        path = scope["path"].removeprefix("/")
        if path.startswith("link/"):
            token, _, inside = path.removeprefix("link/").partition("/")
            shelf, _, name = inside.partition("/")
            opened = shelf_of_token(self.key, token, now) if self.key else None
            return self._file(shelf, name, name_of_token(token), now) if opened and opened == shelf else _not_found()
        reader = self._reader(headers)
        if reader is None:
            return _not_found()
        if not path:
            return self._start(reader)
        shelf, _, name = path.partition("/")
        return self._file(shelf, name, reader.email, now) if reader.may_read(shelf) else _not_found()

    def _reader(self, headers: Headers) -> Reader | None:
        """The reader whom the proxy names; None when it is not the proxy that asks, or the reader is not known."""
        if self.sign_on is None:
            return None
        given, named = headers.getlist(PROXY_SECRET), headers.getlist(self.sign_on.header)
        if (
            len(given) != 1
            or len(named) != 1
            or not hmac.compare_digest(given[0].encode(), self.sign_on.secret.encode())
        ):
            return None
        try:
            return read_readers(self.settings.home).get(named[0].strip().lower())
        except StepcareError:
            return None  # a configuration that cannot be read opens nothing

    def _file(self, shelf: str, name: str, who: str, now: datetime) -> Response:
        found = find_file(self.settings.reports, shelf, name or "index.html")
        if found is None:
            return _not_found()
        try:
            note_reading(self.settings.home, reading_now(who, shelf, name or "index.html", now))
        except OSError:
            return _response(503, b"The reading could not be noted, so nothing is shown. Tell the operator.\n")
        return _shown(found, name)

    def _start(self, reader: Reader) -> Response:
        """The reports that the reader may read."""
        shelves = self.settings.reports
        names = sorted(path.name for path in shelves.iterdir() if path.is_dir()) if shelves.is_dir() else []
        own = [(f"{name}/index.html", name) for name in names if reader.may_read(name)]
        page = page_environment().get_template("shelf.html.j2").render(name="Your reports", shelves=[], others=own)
        policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        return _response(200, page.encode(), "text/html; charset=utf-8", policy)


def _shown(found: Filed, name: str) -> Response:
    file = name.rpartition("/")[2]
    more = {"Content-Disposition": f'attachment; filename="{file}"'} if found.kind.startswith(_DOWNLOADS) else {}
    return _response(200, found.content, found.kind, found.policy, more)


def _not_found() -> Response:
    return _response(404, _NOT_FOUND.encode())


def _response(
    status: int,
    content: bytes,
    kind: str = "text/plain; charset=utf-8",
    policy: str = STRICT,
    more: Mapping[str, str] | None = None,
) -> Response:
    headers = {**_OF_EVERY_ANSWER, "Content-Security-Policy": f"{policy}; frame-ancestors 'none'", **(more or {})}
    return Response(content, status, headers, kind)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
