"""The two halves of a backup key: the recipient, which every machine may know, and the identity, which opens backups."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pyrage

from pipelines.errors import UsageError

_SECRET = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")
_LARGEST_KEY_FILE_BYTES = 10_000


def write_new_identity(path: Path) -> str:
    """Make a key, write its identity to the new file `path` (mode 0600, as age-keygen does); returns the recipient.

    Raises UsageError when the file is there already or cannot be written.
    """
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"# created: {made_at}\n# public key: {recipient}\n{identity}\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already and is never written over. Name another file") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}). Name a file in a folder of yours") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return recipient


def read_identity(path: Path) -> pyrage.x25519.Identity:
    """The identity in the key file. Raises UsageError when others may read the file, or it holds no identity."""
    if not path.is_file():
        raise UsageError(f"the key file {path} is not there. It is the one that `stepcare backup keygen` wrote")
    if path.stat().st_mode & 0o077:
        raise UsageError(f"the key file {path} is open to others, and is not used. Close it: chmod 600 {path}")
    if path.stat().st_size > _LARGEST_KEY_FILE_BYTES:
        raise UsageError(f"{path} is too large for a key file")
    found = _SECRET.findall(path.read_text(encoding="ascii", errors="replace"))
    try:
        (secret,) = found
        return pyrage.x25519.Identity.from_str(secret)
    except (ValueError, pyrage.IdentityError):
        raise UsageError(
            f"{path} does not hold one identity (a line that begins with AGE-SECRET-KEY-1). Is it the right file, whole?"
        ) from None


def read_recipient(text: str) -> pyrage.x25519.Recipient:
    """The recipient written as `text` (age1...). Raises UsageError when it is none."""
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise UsageError(
            "the recipient of backups is not one (age1 and 58 letters and digits). `stepcare backup keygen` prints it"
        ) from None
