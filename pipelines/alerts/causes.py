"""Every cause for an alert that there is now, from the summary of the last night, the lock and the ledger."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pipelines.alerts.cause import RED, Cause, one_line
from pipelines.alerts.of_deliveries import blocked_deliveries, broken_check, missing_clinics
from pipelines.alerts.of_machine import UNREADABLE_LEDGER, causes_of_the_machine
from pipelines.alerts.of_nights import causes_of_nights
from pipelines.alerts.settings import read_clinic_settings
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.summary import read_last_night

_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@dataclass(frozen=True)
class Look:
    """The causes that there are now; keys that begin as `unseen` says could not be looked at, and stay as they are."""

    causes: tuple[Cause, ...]
    unseen: tuple[str, ...] = ()


def look_for_causes(settings: Settings, now: datetime, watched_since: datetime) -> Look:
    """Every cause at `now`, the red ones first, then by key, each key once.

    `watched_since` stands for the newest success before the first night, and for a delivery of a clinic that never sent one.
    """
    last = read_last_night(settings.home)
    found = [*causes_of_nights(settings, last, now, watched_since)]
    found += [broken_check(check) for check in (last.checks_broken if last else ()) if check.severity != "note"]
    unseen: list[str] = []
    try:
        found += causes_of_the_machine(settings, last, now)
    except UsageError as error:
        found.append(_of_settings(error))
        unseen += ["files/", "backup", "inbox"]
    try:
        entries = _entries(settings)
        found += blocked_deliveries(entries)
        found += missing_clinics(read_clinic_settings(settings.home), entries, now, watched_since)
    except UsageError as error:
        found.append(_of_settings(error))
        unseen += ["clinic/"]
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) not in _IN_USE:
            found.append(UNREADABLE_LEDGER)
        unseen += ["clinic/", "delivery/"]
    by_key = {cause.key: cause for cause in found}
    return Look(tuple(sorted(by_key.values(), key=lambda cause: cause.rank)), tuple(unseen))


def _of_settings(error: UsageError) -> Cause:
    return Cause(
        key="settings",
        severity=RED,
        title="a setting cannot be used",
        what=one_line(str(error)),
        since="",
        remedy="correct stepcare.toml; until then what it is about is not looked at",
        place="stepcare doctor",
    )


def _entries(settings: Settings) -> list[Entry]:
    if not settings.ledger.exists():
        return []
    with open_ledger(settings.ledger) as ledger:
        return ledger.entries()
