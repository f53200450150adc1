"""One run at a time in an installation, however it was started. The kernel frees the lock with the process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipelines.errors import AlreadyRunning

_held: dict[Path, IO[str]] = {}


def hold(home: Path) -> None:
    """Take the lock of the installation in `home` for the rest of this process; harmless when the process has it already.

    Raises AlreadyRunning when another process has it.
    """
    home = home.resolve()
    if home in _held:
        return
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.fdopen(os.open(home / "night.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        other = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyRunning(
            f"a night is running already in {home} (process {other}). Wait for it; nothing was started"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    _held[home] = lock


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the lock of the installation in `home` while the block runs."""
    hold(home)
    try:
        yield
    finally:
        _held.pop(home.resolve()).close()
