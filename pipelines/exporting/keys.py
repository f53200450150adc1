"""The clinic's key: a file that only its owner can read, and the pseudonyms made with it. It never leaves the clinic."""

import os
import re
import secrets
import stat
from functools import lru_cache
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.privacy.pseudonyms import pseudonym

_FORM = re.compile(rb"stepcare-export-key-1 ([0-9a-f]{64})\n")
_REMEMBERED = 1 << 16


def create_key(path: Path) -> None:
    """Write a new random key of 256 bits to `path`, mode 0600; raises UsageError when something is there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already and is not overwritten: another key would make every patient a new one. "
            "Use it, or name another file"
        ) from None
    except FileNotFoundError:
        raise UsageError(f"the folder of {path} is not there. Make it first, readable by its owner only") from None
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(b"stepcare-export-key-1 " + secrets.token_hex(32).encode() + b"\n")
        file.flush()
        os.fsync(descriptor)


def read_key(path: Path) -> bytes:
    """The secret in the key file, 32 bytes.

    Raises UsageError when it is not there, is no plain file of the user's own, can be read by others, or is no key.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise UsageError(f"there is no key {path}. Make one with: stepcare export init {path}") from None
    except OSError as error:
        raise UsageError(f"the key {path} cannot be opened ({error.strerror}). Name the file itself, no link") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise UsageError(f"the key {path} is no plain file of yours. Use the key that you made yourself")
        if found.st_mode & 0o077:
            raise UsageError(f"the key {path} can be read by others, so it hides nothing. Run: chmod 600 {path}")
        held = _FORM.fullmatch(file.read(200))
    if held is None:
        raise UsageError(f"{path} is no key of stepcare export. Make one with: stepcare export init")
    return bytes.fromhex(held[1].decode())


class Pseudonyms:
    """The pseudonyms of one clinic: another clinic's are others, even with the same key and the same numbers."""

    def __init__(self, secret: bytes, clinic_code: str) -> None:
        self._secret = secret
        self._clinic_code = clinic_code
        self.of = lru_cache(maxsize=_REMEMBERED)(self._of)

    def _of(self, purpose: str, identifier: str) -> str:
        return pseudonym(self._secret, f"{self._clinic_code} {purpose}", identifier)
