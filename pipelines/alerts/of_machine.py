"""Causes of what a night stands on: files are spoilt, a backup is missing, the inbox is not there, the ledger cannot be read."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pipelines.alerts.cause import RED, Cause
from pipelines.backups.keeping import backup_folder, backup_settings, backups_in
from pipelines.errors import BackupError, UsageError
from pipelines.generations import current_generation
from pipelines.settings import Settings
from pipelines.summary import LAST_NIGHT, Summary

_BACKUP_TAKES_AT_MOST = timedelta(hours=3)

UNREADABLE_LEDGER = Cause(
    key="ledger",
    severity=RED,
    title="the ledger cannot be read",
    what="What became of each delivery is not to be had; no night can run.",
    since="",
    remedy="restore ledger.sqlite from the last backup",
    place="stepcare doctor",
)


def causes_of_the_machine(settings: Settings, last: Summary | None, now: datetime) -> Iterator[Cause]:
    """What is wrong at `now` with what a night stands on. Raises UsageError when `[backup]` cannot be used."""
    if last and last.spoilt:
        yield _spoilt(last)
    yield from _backup(settings, last, now)
    if not settings.inbox.is_dir():
        yield _inbox(now)


def _spoilt(last: Summary) -> Cause:
    n_kept = sum(place.startswith("store/") for place in last.spoilt)
    return Cause(
        key="files/spoilt",
        severity=RED,
        title=f"{len(last.spoilt)} folders hold spoilt files",
        what=f"Files of {n_kept} kept deliveries and {len(last.spoilt) - n_kept} published nights are not what was written.",
        since="",
        remedy="stepcare doctor names them, and what to restore from the last backup; then look at the disk",
        place=f"spoilt in {LAST_NIGHT} of STEPCARE_HOME; stepcare doctor",
    )


def _inbox(now: datetime) -> Cause:
    return Cause(
        key="inbox",
        severity=RED,
        title="the inbox is not there",
        what="The folder of deliveries is missing: nights find nothing new, whatever the clinics send.",
        since=now.isoformat(timespec="seconds"),
        remedy="mount or make the folder that STEPCARE_INBOX names",
        place="stepcare doctor",
    )


def _backup(settings: Settings, last: Summary | None, now: datetime) -> Iterator[Cause]:
    """A backup is due after each published night where stepcare.toml says so."""
    generation = current_generation(settings)
    if generation is None or not backup_settings(settings.home).nightly:
        return
    published_at = datetime.fromisoformat(generation.made_at)
    try:
        newest = next(iter(backups_in(backup_folder(settings))), None)
        problem = "The newest is of " + f"{newest.made_at:%Y-%m-%d %H:%M} UTC" if newest else "There is none yet"
    except UsageError:
        newest, problem = None, "The folder for backups cannot be used"
    has_failed = last is not None and any(trouble.error == BackupError.__name__ for trouble in last.troubles)
    if (newest and newest.made_at >= published_at) or not (has_failed or now - published_at > _BACKUP_TAKES_AT_MOST):
        return
    yield Cause(
        key="backup",
        severity=RED,
        title="the night has no backup",
        what=f"The night published at {published_at:%Y-%m-%d %H:%M} UTC was not backed up. {problem}.",
        since=generation.made_at,
        remedy="see that the disk for backups is there and has room, then stepcare backup make",
        place=f"[backup] in stepcare.toml; troubles in {LAST_NIGHT} of STEPCARE_HOME",
    )
