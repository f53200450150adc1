"""Signed links: whoever has one reads the reports of one clinic until it expires. Nobody can make one without the key."""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from datetime import datetime
from pathlib import Path

from pipelines.errors import UsageError

KEY = "portal.key"
_KEY_BYTES = 32


def read_key(home: Path, *, makes: bool = False) -> bytes | None:
    """The key of the links, its owner's alone; None without one. With `makes`, it is made when it is not there.

    A new key (remove the file) ends every link. Raises UsageError when others may read it.
    """
    path = home / KEY
    if makes and not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
    if not path.is_file():
        return None
    if path.stat().st_mode & 0o077:
        raise UsageError(f"{path} can be read by others. Remove it and make new links")
    try:
        key = path.read_bytes()
    except PermissionError as error:
        raise UsageError(
            f"{path} belongs to another account. Run every command as the account that owns {home} (`stepcare doctor` names "
            "such files)"
        ) from error
    if len(key) != _KEY_BYTES:
        raise UsageError(f"{path} is not a key of the portal. Remove it and make new links")
    return key


def make_token(key: bytes, shelf: str, expires_at: datetime) -> str:
    """A token for the reports on one shelf until then."""
    said = json.dumps([shelf, int(expires_at.timestamp()), secrets.token_hex(8)]).encode()
    return f"{_coded(said)}.{_coded(_signature(key, said))}"


def shelf_of_token(key: bytes, token: str, now: datetime) -> str | None:
    """The shelf that a token opens now, or None when it is none of ours or has expired."""
    first, _, second = token.partition(".")
    try:
        said, signature = _decoded(first), _decoded(second)
    except (ValueError, binascii.Error):
        return None
    if not hmac.compare_digest(signature, _signature(key, said)):
        return None
    shelf, expires_at, _ = json.loads(said)
    return str(shelf) if now.timestamp() < expires_at else None


def name_of_token(token: str) -> str:
    """What a link is called in the log: it tells links apart and opens nothing."""
    return f"link {hashlib.sha256(token.encode()).hexdigest()[:12]}"


def _signature(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, b"stepcare portal link 1\n" + said, hashlib.sha256).digest()


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
