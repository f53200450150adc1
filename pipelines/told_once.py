"""What must not be done twice is remembered in a small SQLite file of the home, synced at each step."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import InstallationError

_SECONDS_TO_WAIT = 60  # for another command that is sending just now


@contextmanager
def open_memory_file(path: Path, schema: str, consequence: str) -> Iterator[sqlite3.Connection]:
    """The file at `path` with the tables of `schema`, made if it is not there, closed on the way out; each statement is its own
    transaction unless one is begun.

    Raises InstallationError when it cannot be used; `consequence` says what comes of removing it.
    """
    con = sqlite3.connect(path, timeout=_SECONDS_TO_WAIT, isolation_level=None)
    try:
        con.execute("pragma journal_mode = wal")
        con.execute("pragma synchronous = full")
        con.executescript(schema)
        yield con
    except sqlite3.Error as error:
        raise InstallationError(
            f"{path} cannot be used ({type(error).__name__}). When it stays so, remove it: {consequence}"
        ) from None
    finally:
        con.close()
