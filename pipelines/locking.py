"""One run at a time in an installation, however it was started. The kernel frees the lock with the process.

`night.lock` says who holds it and since when. It is emptied when the work ends, so that a note without a holder tells of
work that was killed.
"""

import atexit
import contextlib
import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import AlreadyRunning

LOCK = "night.lock"
_PATIENCE_S = 10.0  # who only looks (`unfinished_work`) has the lock for less than a millisecond
_UNKNOWN = "unknown"
_held: dict[Path, int] = {}
_kept_notes: set[Path] = set()


@dataclass(frozen=True)
class Work:
    """What holds the lock of an installation, or held it when it was killed. `since` is UTC, ISO 8601."""

    process: str
    since: str
    is_running: bool


def hold(home: Path) -> None:
    """Take the lock of the installation in `home` for the rest of this process; harmless when the process has it already.

    Raises AlreadyRunning, saying since when and which process, when another process has it.
    """
    home = home.resolve()
    if home in _held:
        return
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _is_taken_among_lookers(lock):
        other = _note_when_written(lock)
        os.close(lock)
        raise AlreadyRunning(
            f"a night is already running since {other.since}, pid {other.process}, in {home}. Wait for it; nothing was started"
        )
    _held[home] = lock
    _kept_notes.discard(home)
    with contextlib.suppress(OSError):  # a full disk: the note is missing, the lock holds
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()} {datetime.now(UTC).isoformat(timespec='seconds')}".encode(), 0)


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the lock of the installation in `home` while the block runs."""
    hold(home)
    try:
        yield
    finally:
        _free(home.resolve())


def unfinished_work(home: Path) -> Work | None:
    """What is running in the installation in `home`, or was killed there with nothing run since; None when all has ended."""
    try:
        lock = os.open(home / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        work = _note(lock, is_running=not _is_taken(lock, fcntl.LOCK_SH))
    finally:
        os.close(lock)
    return work if work.is_running or work.process != _UNKNOWN else None


def _is_taken_among_lookers(lock: int) -> bool:
    """Whether the lock is ours now. Who only looks shares it, and is waited for; who works does not, and ends the wait."""
    until = time.monotonic() + _PATIENCE_S
    while not _is_taken(lock, fcntl.LOCK_EX):
        if time.monotonic() > until or not _is_taken(lock, fcntl.LOCK_SH):
            return False
        fcntl.flock(lock, fcntl.LOCK_UN)
        time.sleep(random.uniform(0.001, 0.01))  # noqa: S311 -- two that start at once must not meet again
    return True


def _is_taken(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _note(lock: int, *, is_running: bool) -> Work:
    process, _, since = os.pread(lock, 100, 0).decode("ascii", "replace").strip().partition(" ")
    return Work(process or _UNKNOWN, since or _UNKNOWN, is_running)


def _note_when_written(lock: int) -> Work:
    """The note of who works; who started in this very moment writes it within a second."""
    until = time.monotonic() + 1
    while (work := _note(lock, is_running=True)).process == _UNKNOWN and time.monotonic() < until:
        time.sleep(0.01)
    return work


def keep_note(home: Path) -> None:
    """Leave the note when the lock is freed, as of work that was killed: how this work ended could not be written down."""
    _kept_notes.add(home.resolve())


def _free(home: Path) -> None:
    lock = _held.pop(home)
    if home not in _kept_notes and _note(lock, is_running=True).process == str(os.getpid()):  # not in a child that ends
        os.ftruncate(lock, 0)
    os.close(lock)


@atexit.register
def _free_all() -> None:
    for home in list(_held):
        _free(home)
