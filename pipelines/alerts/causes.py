"""Every cause for an alert that there is now, from the summary of the last night, the lock and the ledger."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pipelines.alerts.cause import RED, Cause
from pipelines.alerts.of_deliveries import blocked_deliveries, broken_check, missing_clinics
from pipelines.alerts.of_machine import UNREADABLE_LEDGER, causes_of_the_machine
from pipelines.alerts.of_nights import causes_of_nights
from pipelines.alerts.settings import read_clinic_settings
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.settings import Settings
from pipelines.summary import read_last_night


@dataclass(frozen=True)
class Look:
    """The causes that there are now; keys that begin as `unseen` says could not be looked at, and stay as they are."""

    causes: tuple[Cause, ...]
    unseen: tuple[str, ...] = ()


def look_for_causes(settings: Settings, now: datetime, watched_since: datetime) -> Look:
    """Every cause at `now`, the red ones first, then by key, each key once.

    `watched_since` stands for the newest success before the first night, and for a delivery of a clinic that never sent one.
    Raises UsageError when `[clinics]` cannot be used.
    """
    last = read_last_night(settings.home)
    found = [*causes_of_nights(settings, last, now, watched_since), *causes_of_the_machine(settings, last, now)]
    found += [broken_check(check) for check in (last.checks_broken if last else ())]
    clinics = read_clinic_settings(settings.home)
    unseen: tuple[str, ...] = ()
    try:
        entries = _entries(settings)
    except sqlite3.DatabaseError:
        found.append(UNREADABLE_LEDGER)
        unseen = ("clinic/", "delivery/")
    else:
        found += [*missing_clinics(clinics, entries, now, watched_since), *blocked_deliveries(entries)]
    by_key = {cause.key: cause for cause in found}
    return Look(tuple(sorted(by_key.values(), key=lambda cause: (cause.severity != RED, cause.key))), unseen)


def _entries(settings: Settings) -> list[Entry]:
    if not settings.ledger.exists():
        return []
    with open_ledger(settings.ledger) as ledger:
        return ledger.entries()
