"""How the portal knows who reads: the table `[portal]` of `stepcare.toml`."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.configuration import CONFIGURATION, read_section
from pipelines.errors import UsageError
from pipelines.page import PageOptions


@dataclass(frozen=True)
class PortalSettings:
    """Behind a sign-on proxy: the header in which it gives the reader's e-mail address, and the file (mode 0600) with the secret
    that it sends in `X-Stepcare-Proxy`, so that nobody else can say who reads. Both empty: signed links only."""

    sign_on_header: str = ""
    proxy_secret_file: str = ""


@dataclass(frozen=True)
class SignOn:
    """The proxy's header with the reader's address, and its secret."""

    header: str
    secret: str


def read_sign_on(home: Path) -> SignOn | None:
    """The sign-on of the installation, or None. Raises UsageError for what cannot be used or would be open to others."""
    said = read_section(home, "portal", PortalSettings)
    place = f"{home / CONFIGURATION}: [portal]"
    if not said.sign_on_header and not said.proxy_secret_file:
        return None
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", said.sign_on_header):
        raise UsageError(f"{place} sign_on_header must be the name of a header such as X-Forwarded-Email")
    if not said.proxy_secret_file:
        raise UsageError(f"{place} sign_on_header needs proxy_secret_file: without it anybody could say who they are")
    if not (home / said.proxy_secret_file).is_file():
        raise UsageError(
            f"{place} proxy_secret_file {home / said.proxy_secret_file} is no file. Write a secret of 16 characters or more into "
            "it, then chmod 600"
        )
    secret = PageOptions(port=0, password_file=str(home / said.proxy_secret_file)).password()
    return SignOn(said.sign_on_header, secret or "")
