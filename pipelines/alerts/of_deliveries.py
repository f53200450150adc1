"""Causes of what clinics send: a clinic that sends nothing, a delivery or file that is blocked, a check that is not met."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pipelines.alerts.cause import AMBER, RED, Cause, one_line, plain_name
from pipelines.alerts.settings import ClinicSettings
from pipelines.deliveries.ledger import Entry
from pipelines.summary import BrokenCheck

_BLOCKED_FEED = re.compile(r"\(([^)]*)\)")  # Entry.files


def missing_clinics(
    settings: ClinicSettings, entries: Sequence[Entry], now: datetime, watched_since: datetime
) -> Iterator[Cause]:
    """Clinics that are expected, or delivered before, and have sent nothing for `late_after_days`."""
    newest: dict[str, str] = {}
    for entry in entries:
        newest[entry.clinic_code] = max(newest.get(entry.clinic_code, ""), entry.seen_at)
    for clinic in sorted({*newest, *settings.expected} - {*settings.left}):
        came = datetime.fromisoformat(newest[clinic]) if clinic in newest else None
        days = (now - (came or watched_since)) // timedelta(days=1)
        if days < settings.late_after_days:
            continue
        shown = plain_name(clinic)
        newest_came = f"Its newest delivery came on {came:%Y-%m-%d}" if came else "It has never sent a delivery"
        yield Cause(
            key=f"clinic/{shown}",
            severity=AMBER,
            title=f"{shown}: no delivery for {days} days",
            what=f"{newest_came}. A clinic counts as missing after {settings.late_after_days} days.",
            since=(came or watched_since).isoformat(timespec="seconds"),
            remedy="ask the clinic; one that has left belongs in [clinics] left of stepcare.toml",
            place="stepcare status",
        )


def blocked_deliveries(entries: Sequence[Entry]) -> Iterator[Cause]:
    """Deliveries that are quarantined or held, and loaded ones of which a file is blocked.

    One is over when it is healed or withdrawn, and also when a later snapshot of the clinic is in force: then nothing is
    missing without it.
    """
    newest_whole: dict[str, str] = {}
    for entry in entries:
        if entry.state == "loaded" and entry.mode == "snapshot":
            newest_whole[entry.clinic_code] = max(newest_whole.get(entry.clinic_code, ""), entry.delivery_id)
    for entry in entries:
        feeds = _BLOCKED_FEED.findall(entry.files) if entry.state == "loaded" else []
        is_missed = entry.delivery_id >= newest_whole.get(entry.clinic_code, "")
        if is_missed and (entry.state == "quarantined" or feeds):
            yield _blocked(entry, feeds)


def _blocked(entry: Entry, feeds: Sequence[str]) -> Cause:
    clinic, delivery = plain_name(entry.clinic_code), plain_name(entry.delivery_id)
    files = f", {' and '.join(map(plain_name, feeds))} only" if feeds else ""
    return Cause(
        key=f"delivery/{clinic}/{delivery}",
        severity=AMBER,
        title=f"{clinic}: delivery {delivery} blocked{files}",
        what=one_line(entry.reason) or "The reason stands in the quarantine.",
        since=entry.changed_at or entry.seen_at,
        remedy="send the reason to the clinic; the next night judges what it sends then",
        place=f"stepcare quarantine show {clinic}/{delivery}",
    )


def broken_check(check: BrokenCheck) -> Cause:
    """A check that was not met when it was last evaluated: red when it stops the night."""
    counts = check.counts
    has_counts = "n_broken" in counts and not (check.detail and check.name == check.told_by)
    shown = f"{counts['n_broken']:,.0f} of {counts['n_rows']:,.0f} rows break it" if has_counts else ""
    said = ". ".join(filter(None, (shown, one_line(check.detail).rstrip(".")))) or "Its counts are on the run's page"
    is_error = check.severity == "error"
    return Cause(
        key=f"check/{check.asset}/{check.name}",
        severity=RED if is_error else AMBER,
        title=f"check {check.name} of {check.asset} is not met",
        what=f"{said}. {'It stops the night.' if is_error else 'It does not stop the night.'}",
        since="",
        remedy="see which clinic's export has changed, and ask it",
        place="stepcare ui; checks.results in the warehouse",
    )
