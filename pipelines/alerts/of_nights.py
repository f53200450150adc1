"""Causes of the nights: one failed, was killed or is late; or the clock was changed, so that lateness cannot be told."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pipelines.alerts.cause import AMBER, RED, Cause, one_line
from pipelines.generations import current_generation
from pipelines.locking import Work, unfinished_work
from pipelines.settings import Settings
from pipelines.summary import LAST_NIGHT, Summary, read_last_night

LATE = timedelta(hours=26)  # a day and two hours: reliability.md, R-F3
VERY_LATE = timedelta(hours=50)
_CLOCK_MAY_DIFFER = timedelta(hours=1)


def newest_success(settings: Settings, last: Summary | None) -> datetime | None:
    """When the newest night that did what it should ended (UTC); None before the first."""
    if last and last.newest_success_at:
        return datetime.fromisoformat(last.newest_success_at)
    generation = current_generation(settings)
    return datetime.fromisoformat(generation.made_at) if generation else None


def lateness(age: timedelta) -> str:
    """`amber` or `red` for the age of the newest night that did what it should, empty when it is not late."""
    return RED if age >= VERY_LATE else AMBER if age >= LATE else ""


def newest_in_words(settings: Settings, now: datetime) -> str:
    """When the newest night did what it should, how long ago that is, and whether it is late."""
    success = newest_success(settings, read_last_night(settings.home))
    if success is None:
        return "none has succeeded yet"
    late = lateness(now - success)
    hours = (now - success) // timedelta(hours=1)
    return f"{success:%Y-%m-%d %H:%M} UTC, {hours} hours ago{f' ({late}: late)' if late else ''}"


def causes_of_nights(
    settings: Settings, last: Summary | None, now: datetime, watched_since: datetime
) -> Iterator[Cause]:
    """What is wrong with the nights at `now`; `watched_since` stands for the newest success before the first one."""
    work = unfinished_work(settings.home)
    success = newest_success(settings, last)
    if last and last.outcome == "failed":
        yield _failed(last)
    if work and not work.is_running:
        yield _killed(work)
    if lateness(now - (success or watched_since)):
        yield _late(success, now, watched_since, work)
    if success and success - now > _CLOCK_MAY_DIFFER:
        yield _clock(success, now)


def _failed(last: Summary) -> Cause:
    return Cause(
        key=f"night/failed/{last.error}",
        severity=RED,
        title=f"the night of {last.started_at[:10]} failed",
        what=f"It ended with {last.error} (exit code {last.exit_code}). What was published before stays.",
        since=last.started_at,
        remedy=one_line(last.remedy),
        place=f"the message is in {LAST_NIGHT} of STEPCARE_HOME; stepcare status",
    )


def _killed(work: Work) -> Cause:
    return Cause(
        key="night/killed",
        severity=RED,
        title="a night left no word of how it ended",
        what=f"It began at {work.since}, and its process {work.process} is gone: it was killed, or the disk was full. "
        "What was published before stays.",
        since=work.since,
        remedy="stepcare nightly; then look for what ended it: memory, power, the disk, a stop by hand",
        place="stepcare doctor; the log of the system",
    )


def _late(success: datetime | None, now: datetime, watched_since: datetime, work: Work | None) -> Cause:
    reference = success or watched_since
    hours = (now - reference) // timedelta(hours=1)
    ended = (
        f"The newest night that did what it should ended at {success:%Y-%m-%d %H:%M} UTC."
        if success
        else "None has succeeded yet."
    )
    running = f" One has been running since {work.since} (process {work.process})." if work and work.is_running else ""
    return Cause(
        key="night/late",
        severity=lateness(now - reference),
        title=f"no night for {hours} hours",
        what=ended + running,
        since=reference.isoformat(timespec="seconds"),
        remedy="see that the timer (or stepcare ui) runs and what the last nights said; then stepcare nightly",
        place="stepcare status; systemctl list-timers",
    )


def _clock(success: datetime, now: datetime) -> Cause:
    return Cause(
        key="clock",
        severity=AMBER,
        title="the clock of the machine was changed",
        what=f"The newest night ended at {success:%Y-%m-%d %H:%M} UTC, which is still to come: a late night would not be seen.",
        since=now.isoformat(timespec="seconds"),
        remedy="set the clock right, then stepcare nightly",
        place="timedatectl",
    )
