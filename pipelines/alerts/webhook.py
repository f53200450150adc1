"""POST one message as JSON to the webhook. It is sent to the configured address alone: a redirect is an error."""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from pipelines.alerts.settings import is_this_machine
from pipelines.errors import NotTold

_SECONDS_TO_WAIT = 20


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        """Nowhere else: the message and what the address gives away stay with the configured server."""


def post(url: str, message: dict[str, Any]) -> None:
    """Raises NotTold when the server cannot be reached or does not answer with 2xx. The address may be a secret: only its
    host is named."""
    host = urlsplit(url).hostname or ""
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if is_this_machine(host):
        handlers.append(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked when the setting was read
        url,
        data=json.dumps(message).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "stepcare"},
        method="POST",
    )
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=_SECONDS_TO_WAIT) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        error.close()
        raise NotTold(f"the webhook at {host} answered with status {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotTold(f"the webhook at {host} could not be used ({type(error).__name__})") from None
    if not 200 <= status < 300:
        raise NotTold(f"the webhook at {host} answered with status {status}")
