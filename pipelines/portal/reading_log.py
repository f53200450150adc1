"""Who read what: one line a reading, each with the hash of the line before, so that no line can be changed or taken out unseen.

Whoever may write the file could write all of it anew. So the last hash is noted elsewhere now and then (`stepcare portal verify`
prints it), and `verify` holds the log against such a note.
"""

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pipelines.errors import InstallationError

LOG = "readings.log"
FIRST = "0" * 64


@dataclass(frozen=True)
class Reading:
    """One file that was shown: when (UTC), to whom, whose report, and the file below its shelf."""

    at: str
    who: str
    whose: str
    file: str


@dataclass(frozen=True)
class Verified:
    """How many lines a log has, the hash of the last, and the number of the first line that is wrong (None: none is)."""

    n_lines: int
    head: str
    first_wrong: int | None


def note_reading(home: Path, reading: Reading) -> str:
    """Append the reading, on the disk before this returns; returns its hash. Raises OSError when that cannot be done.

    A line that a kill cut short was followed by no answer: it is taken away.
    """
    descriptor = os.open(home / LOG, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last_line(file.fileno())
        line, digest = _line(asdict(reading), _hash_of(last) if last else FIRST)
        os.lseek(file.fileno(), 0, os.SEEK_END)
        os.write(file.fileno(), line)
        os.fsync(file.fileno())
    return digest


def reading_now(who: str, whose: str, file: str, now: datetime) -> Reading:
    """A reading at this moment."""
    return Reading(now.isoformat(timespec="milliseconds"), who, whose, file)


def verify(home: Path) -> Verified:
    """Hold every line against the one before it. Raises InstallationError when there is no log that can be read."""
    try:
        lines = (home / LOG).read_bytes().split(b"\n")
    except OSError as error:
        raise InstallationError(
            f"{home / LOG} cannot be read ({error.strerror}). Nothing was read by the portal yet?"
        ) from None
    before = FIRST
    for number, line in enumerate(lines[:-1], start=1):
        if not _is_next(line, before):
            return Verified(len(lines) - 1, before, number)
        before = _hash_of(line)
    return Verified(len(lines) - 1, before, len(lines) if lines[-1] else None)


def has_line(home: Path, number: int, digest: str) -> bool:
    """Whether the line of that number has the hash that was noted for it."""
    lines = (home / LOG).read_bytes().split(b"\n")[:-1]
    return 1 <= number <= len(lines) and _hash_of(lines[number - 1]) == digest


def _is_next(line: bytes, before: str) -> bool:
    try:
        said = json.loads(line)
        kept = said.pop("hash")
    except (ValueError, KeyError, AttributeError, TypeError):
        return False
    return bool(said.pop("before", "") == before and _line(said, before) == (line + b"\n", kept))


def _line(said: dict[str, str], before: str) -> tuple[bytes, str]:
    linked = {**said, "before": before}
    digest = hashlib.sha256(json.dumps(linked, sort_keys=True).encode()).hexdigest()
    return json.dumps({**linked, "hash": digest}, sort_keys=True).encode() + b"\n", digest


def _hash_of(line: bytes) -> str:
    return str(json.loads(line)["hash"])


def _last_line(descriptor: int) -> bytes:
    """The last whole line, empty when there is none; what follows it is cut off."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, min(size, 1 << 16), max(0, size - (1 << 16)))
    whole, found, torn = tail.rpartition(b"\n")
    if torn:
        os.ftruncate(descriptor, size - len(torn))
    return whole.rpartition(b"\n")[2] if found else b""
