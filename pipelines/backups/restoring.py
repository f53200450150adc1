"""Restore a backup: decrypted aside, verified there, and only then the home, by one rename. Otherwise nothing is left."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyrage

from pipelines.backups.archive import RECORD, Unpacker
from pipelines.backups.keys import read_identity
from pipelines.backups.progress import Progress
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.store import sync
from pipelines.deliveries.wholeness import spoilt_in_delivery
from pipelines.errors import BackupError, UsageError
from pipelines.reporting.shelves import write_shelves
from pipelines.settings import Settings

REPORT_RECORD = Path(RECORD) / "report.json"


@dataclass(frozen=True)
class Restored:
    """What a restored home holds."""

    home: Path
    n_deliveries: int
    n_bytes: int


def restore_backup(file: Path, identity: Path, home: Path, say: Callable[[str], None]) -> Restored:
    """Restore the backup `file` with the key file `identity` into the new folder `home`.

    Raises UsageError when `home` is not empty or the key file cannot be used, BackupError when the key does not open the
    backup, or one bit of it is not what was written. Then nothing is left of it.
    """
    key = read_identity(identity)
    _check_places(file, home)
    aside = home.with_name(f".{home.name}.restoring")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    try:
        n_bytes = _unpack(file, key, aside, say)
        n_deliveries = _verify(aside)
        os.sync()  # thousands of small files: one sync of everything is far quicker than one of each
        aside.rename(home)
    except OSError as error:
        raise BackupError(f"{home}: {error.strerror}. Nothing was restored") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sync(home.parent)
    return Restored(home, n_deliveries, n_bytes)


def _check_places(file: Path, home: Path) -> None:
    if not file.is_file():
        raise UsageError(f"the backup {file} is not there. `stepcare backup list` shows which are")
    if not home.parent.is_dir():
        raise UsageError(f"{home.parent} is no folder. Make it first; the home itself is made by the restore")
    if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
        raise UsageError(f"{home} is not empty, and a restore never writes over anything. Name a new folder")
    if home.is_mount():
        raise UsageError(f"{home} is where a disk is mounted, and cannot be put there in one step. Name a folder in it")
    free = shutil.disk_usage(home.parent).free
    if free < file.stat().st_size:
        raise BackupError(f"{home.parent} has {free / 1e6:,.0f} MB free, less than the backup. Nothing was restored")


def _unpack(file: Path, key: pyrage.x25519.Identity, folder: Path, say: Callable[[str], None]) -> int:
    """Decrypt into `folder`; returns the bytes of the backup. What age hands over is authentic, part by part."""
    n_bytes = file.stat().st_size
    unpacker = Unpacker(folder, Progress(n_bytes, say).take)
    try:
        with file.open("rb") as stream:
            pyrage.decrypt_io(stream, unpacker, [key])
        unpacker.finish()
    except (pyrage.DecryptError, OSError, ValueError) as error:
        if isinstance(unpacker.error, OSError):
            raise unpacker.error from None
        raise _refused(file, unpacker.error or error) from None
    except BackupError as error:
        raise _refused(file, error) from None
    finally:
        unpacker.close()
    return n_bytes


def _refused(file: Path, error: Exception) -> BackupError:
    if isinstance(error, BackupError):
        why, remedy = str(error), "Take another backup"
    elif "No matching keys" in str(error):
        why = "this key does not open it: it was made for another key, or the beginning of the file is damaged"
        remedy = "The name of a backup ends with the beginning of the recipient whose key opens it"
    else:
        why, remedy = "it is damaged: not every bit is what was written", "Take another backup"
    return BackupError(f"{file.name}: {why}. Nothing was restored. {remedy}")


def _verify(folder: Path) -> int:
    """Whether ledger and store agree and every delivery is whole; returns the deliveries."""
    settings = Settings(home=folder, inbox=folder / "inbox")
    if not settings.ledger.is_file():
        raise BackupError("the backup holds no ledger. Nothing was restored; take another backup")
    try:
        with closing(sqlite3.connect(settings.ledger)) as con:
            is_sound = con.execute("pragma integrity_check").fetchone() == ("ok",)
        with open_ledger(settings.ledger) as ledger:
            keys = {entry.delivery_key for entry in ledger.entries() if entry.delivery_key}
    except sqlite3.DatabaseError:
        is_sound = False
    if settings.reports.is_dir():
        write_shelves(settings.reports)
    spoilt = [key for key in sorted(keys) if spoilt_in_delivery(settings.store / key)] if is_sound else []
    if not is_sound or spoilt:
        what = f"{len(spoilt)} deliveries are not whole" if is_sound else "the ledger is damaged"
        raise BackupError(f"in the backup, {what}. Nothing was restored; take another backup")
    return len(keys)
