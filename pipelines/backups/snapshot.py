"""The ledger as it stood at one moment, while it is used: by SQLite's own backup, not by copying its files."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import BackupError


@dataclass(frozen=True)
class Snapshot:
    """A ledger in the file at `path`; `has_changed` tells whether the real one was written to since."""

    path: Path
    has_changed: Callable[[], bool]


@contextmanager
def snapshot_of(ledger: Path, folder: Path) -> Iterator[Snapshot]:
    """A snapshot of the ledger in a new file in `folder`, which is removed on the way out.

    Raises BackupError when the ledger is not there or is damaged.
    """
    if not ledger.is_file():
        raise BackupError(f"there is no ledger at {ledger}, so there is nothing to back up. Is STEPCARE_HOME right?")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="ledger-", dir=folder) as place:
        path = Path(place) / ledger.name
        try:
            with closing(sqlite3.connect(ledger, timeout=30)) as source:
                before = _version(source)
                with closing(sqlite3.connect(path)) as target:
                    source.backup(target)
                    target.execute("pragma journal_mode = delete")
                    is_sound = target.execute("pragma integrity_check").fetchone() == ("ok",)
                if not is_sound:
                    raise BackupError(f"{ledger} is damaged and was not backed up. Restore it from the last backup")
                path.chmod(0o600)
                yield Snapshot(path, lambda: _version(source) != before)
        except sqlite3.OperationalError as error:
            raise BackupError(
                f"the ledger could not be copied into {folder} ({error.sqlite_errorname}). Is there room, and may this user "
                "write there? No backup was made, and the older ones stay"
            ) from None
        except sqlite3.DatabaseError:
            raise BackupError(
                f"{ledger} cannot be read and was not backed up. Restore it from the last backup"
            ) from None


def _version(con: sqlite3.Connection) -> int:
    """Changes when another connection commits."""
    return int(con.execute("pragma data_version").fetchone()[0])
