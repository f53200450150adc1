"""Make a backup: store, ledger, settings, the filed reports and the published one, in one encrypted file, written aside."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import duckdb
import pyrage

from pipelines.backups.archive import RECORD, Member, StoreChanged, TarStream, member_from, member_of
from pipelines.backups.fingerprints import (
    effects_parquet,
    fingerprint_of,
    history_parquet,
    models_parquet,
    report_parquet,
)
from pipelines.backups.keeping import (
    Backup,
    backup_folder,
    backup_name,
    backup_settings,
    backups_in,
    no_longer_kept,
)
from pipelines.backups.keys import read_recipient
from pipelines.backups.progress import Progress
from pipelines.backups.snapshot import snapshot_of
from pipelines.checksums import files_of
from pipelines.configuration import CONFIGURATION, pictures
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.store import sync
from pipelines.deliveries.wholeness import kept_sums
from pipelines.effect_history import RESTORED_EFFECTS
from pipelines.errors import BackupError, DeliveryError, UsageError
from pipelines.model_history import RESTORED_MODELS
from pipelines.own_questions.reading import FOLDER, is_well_named, question_files
from pipelines.quality.history import RESTORED_HISTORY
from pipelines.settings import Settings

_TRIES = 3
_LEFT_BEHIND_AFTER_SECONDS = 86_400.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """A backup that was made, and the older ones that were removed then."""

    backup: Backup
    removed: tuple[Backup, ...]


def make_backup(settings: Settings, say: Say, to: Path | None = None, now: datetime | None = None) -> Made:
    """Write a backup into the folder `to` (default: that of stepcare.toml) and remove those that are no longer kept.

    It may be made while a night runs. Raises UsageError when no recipient or folder is set, BackupError when it cannot be
    made; then nothing of it is left and nothing older is removed.
    """
    said = backup_settings(settings.home)
    if not said.recipient:
        raise UsageError(
            f"{settings.home / CONFIGURATION}: [backup] has no recipient. `stepcare backup keygen --out FILE` makes a key and "
            "prints it"
        )
    recipients = [read_recipient(text) for text in (said.recipient, said.second_recipient) if text]
    folder = backup_folder(settings, to)
    now = now or datetime.now(UTC)
    _clear_left_behind(settings, folder)
    while (place := folder / backup_name(now, said.recipient)).exists():
        now += timedelta(seconds=1)
    for left in reversed(range(_TRIES)):
        try:
            _write_aside(settings, place, recipients, say)
            break
        except StoreChanged as error:
            if not left:
                raise BackupError(
                    f"{error}: no backup was made, and the older ones stay. `stepcare doctor` tells what is spoilt in the "
                    "store; restore that from the last backup"
                ) from None
            say(f"  {error}: once more")
            time.sleep(1)
    backups = backups_in(folder)
    removed = no_longer_kept(backups, place, said.keep, now)
    for backup in removed:
        backup.path.unlink()
    (made,) = (backup for backup in backups if backup.path == place)
    return Made(made, tuple(removed))


def _write_aside(settings: Settings, place: Path, recipients: list[pyrage.x25519.Recipient], say: Say) -> None:
    aside = place.with_name(f".{place.name}.partial")
    try:
        with snapshot_of(settings.ledger, settings.home / "tmp") as ledger:
            members = list(_members(settings, ledger.path, say))
            n_bytes = sum(member.n_bytes for member in members)
            _check_space(place.parent, n_bytes)
            say(f"  {len(members):,} files, {n_bytes / 1e6:,.1f} MB")
            stream = TarStream(members, Progress(n_bytes, say).take)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                _encrypt(stream, file, recipients)
                file.flush()
                os.fsync(file.fileno())
            if ledger.has_changed():
                raise StoreChanged("the ledger was written to meanwhile")
        aside.rename(place)
        sync(place.parent)
    except OSError as error:
        raise BackupError(f"{place.parent}: {error.strerror}. No backup was made, and the older ones stay") from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


class _Sink:
    """Where the encrypted bytes go. pyrage turns what a writer raises into an error of its own: it is kept in `error`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()


def _encrypt(stream: TarStream, file: IO[bytes], recipients: list[pyrage.x25519.Recipient]) -> None:
    sink = _Sink(file)
    try:
        pyrage.encrypt_io(stream, sink, recipients)
    except (pyrage.EncryptError, OSError) as error:
        raise (stream.error or sink.error or error) from None


def _members(settings: Settings, ledger: Path, say: Say) -> Iterator[Member]:
    """Everything that goes into a backup. Raises StoreChanged when the store is not what the ledger and its manifests say."""
    with open_ledger(ledger) as kept:
        keys = sorted({entry.delivery_key for entry in kept.entries() if entry.delivery_key})
    yield member_of(ledger, settings.ledger.name)
    if (settings.home / CONFIGURATION).is_file():
        yield member_of(settings.home / CONFIGURATION, CONFIGURATION)
    for path in pictures(settings.home):
        yield member_of(path, path.name)
    for path in filter(is_well_named, question_files(settings.home)):
        yield member_of(path, f"{FOLDER}/{path.name}")
    for key in keys:
        try:
            sums = kept_sums(settings.store / key)
        except DeliveryError as error:
            raise StoreChanged(f"store/{key}: {error}") from None
        for name, digest in sorted(sums.items()):
            yield member_of(settings.store / key / name, f"store/{key}/{name}", digest)
    yield from _filed(settings)
    yield from _report(settings, say)


def _filed(settings: Settings) -> Iterator[Member]:
    """The filed reports with their manifests: no night makes them again once other deliveries have come."""
    for place in sorted(settings.reports.glob("*/*/v*") if settings.reports.is_dir() else ()):
        for name in files_of(place):
            yield member_of(place / name, f"{settings.reports.name}/{place.relative_to(settings.reports)}/{name}")


def _report(settings: Settings, say: Say) -> Iterator[Member]:
    """The published report and the past of the checks as Parquet, readable without DuckDB, and the hashes that a drill
    compares."""
    if not settings.current.is_dir():
        return
    folder = settings.current.resolve()
    try:
        fingerprint = json.dumps(asdict(fingerprint_of(folder)), indent=2).encode()
        parquet = {f"report/{name}": content for name, content in report_parquet(folder)}
        if past := history_parquet(settings):
            parquet[RESTORED_HISTORY.stem] = past
        if models := models_parquet(settings):
            parquet[Path(RESTORED_MODELS).stem] = models
        if effects := effects_parquet(settings):
            parquet[Path(RESTORED_EFFECTS).stem] = effects
    except (duckdb.Error, OSError, ValueError, KeyError):
        say("  ! the published night cannot be read, so the backup holds no report; store and ledger are in it")
        return
    yield member_from(fingerprint, f"{RECORD}/report.json")
    for name, content in parquet.items():
        yield member_from(content, f"{RECORD}/{name}.parquet")


def _check_space(folder: Path, n_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < n_bytes * 1.01 + 1e6:
        raise BackupError(
            f"{folder} has {free / 1e6:,.0f} MB free and the backup needs {n_bytes / 1e6:,.0f} MB. No backup was made. Free "
            "some space"
        )


def _clear_left_behind(settings: Settings, folder: Path) -> None:
    """Remove what backups that were killed left a day ago or more; a younger one may be at work."""
    latest = time.time() - _LEFT_BEHIND_AFTER_SECONDS
    for path in folder.glob(".stepcare-*.partial"):
        if path.stat().st_mtime < latest:
            path.unlink(missing_ok=True)
    for path in (settings.home / "tmp").glob("ledger-*"):
        if path.stat().st_mtime < latest:
            shutil.rmtree(path, ignore_errors=True)
