"""Write the summary of a night however it ends. One that was killed writes nothing: `unfinished_work` tells of it."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pipelines import errors
from pipelines.checksums import spoilt_files
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.wholeness import spoilt_in_delivery
from pipelines.errors import AlreadyRunning
from pipelines.generations import current_generation
from pipelines.locking import hold, keep_note, only_one
from pipelines.settings import Settings
from pipelines.summary import (
    LAST_NIGHT,
    SCHEMA_VERSION,
    WELL,
    BrokenCheck,
    DeliverySummary,
    Outcome,
    Summary,
    Trouble,
    read_last_night,
    write_summary,
)

_REMEDIES = {
    errors.UsageError: "read the message and correct the command or the setting",
    errors.NothingToDo: "put a delivery in the inbox, manifest.json last",
    errors.DeliveryError: "send the reason to the clinic; stepcare status lists it",
    errors.ChecksFailed: "look at the named check: a clinic's export has often changed",
    errors.NightFailed: "stepcare doctor, then run the night again; stepcare ui has the log",
    errors.InstallationError: "stepcare doctor names what is missing or spoilt",
    errors.AlreadyRunning: "wait for the night that is running",
}
_OUTCOMES: dict[type, Outcome] = {
    errors.AlreadyRunning: "already_running",
    errors.NothingToDo: "nothing_to_do",
}
_OTHERWISE = "stepcare doctor, then run the night again; report it when it comes back"


@dataclass
class Tonight:
    """What a night notes about itself while it runs."""

    started_at: datetime
    run_id: str = ""
    has_refused: bool = False
    troubles: tuple[errors.StepcareError, ...] = ()
    spoilt: tuple[str, ...] = ()
    checks_evaluated: frozenset[tuple[str, str]] = frozenset()
    checks_broken: tuple[BrokenCheck, ...] = ()
    stage_seconds: dict[str, float] = field(default_factory=dict)


@contextmanager
def recorded(settings: Settings, copy_to: Path | None = None) -> Iterator[Tonight]:
    """Hold the lock while the night runs inside, and write its summary to `last_night.json` and `copy_to` however it ends.

    Raises AlreadyRunning when another night has the lock; that goes to `copy_to` alone. A summary that cannot be written is
    said on stderr, and the note of the lock stays for `stepcare watch`.
    """
    tonight = Tonight(datetime.now(UTC))
    try:
        hold(settings.home)
    except AlreadyRunning as error:
        _leave(settings, tonight, error, copy_to)
        raise
    with only_one(settings.home):
        try:
            yield tonight
        except BaseException as error:
            _leave(settings, tonight, error, settings.home / LAST_NIGHT, copy_to)
            raise
        _leave(settings, tonight, None, settings.home / LAST_NIGHT, copy_to)


def _leave(settings: Settings, tonight: Tonight, error: BaseException | None, *places: Path | None) -> None:
    try:
        summary = summarize(settings, tonight, error)
        for place in places:
            if place is not None:
                write_summary(place, summary)
    except Exception as problem:  # noqa: BLE001 - a night never ends otherwise because its summary could not be made
        keep_note(settings.home)
        sys.stderr.write(f"stepcare: the summary of the night could not be written ({type(problem).__name__})\n")


def summarize(settings: Settings, tonight: Tonight, error: BaseException | None) -> Summary:
    """The summary of a night that ends now. Of an error that is not Stepcare's own, only the kind is told: its text may
    quote a value."""
    ended_at = datetime.now(UTC).isoformat(timespec="seconds")
    outcome, exit_code, message = _outcome(tonight, error)
    earlier = read_last_night(settings.home)
    generation = current_generation(settings)
    return Summary(
        schema_version=SCHEMA_VERSION,
        stepcare_version=version("stepcare"),
        started_at=tonight.started_at.isoformat(timespec="seconds"),
        ended_at=ended_at,
        outcome=outcome,
        exit_code=exit_code,
        error=type(error).__name__ if error else "",
        message=message,
        remedy=_remedy(error, exit_code),
        run_id=tonight.run_id,
        generation=generation.name if generation else "",
        newest_success_at=ended_at if outcome in WELL else earlier.newest_success_at if earlier else "",
        free_bytes=shutil.disk_usage(settings.home).free if settings.home.exists() else 0,
        deliveries=_changed_since(settings, tonight.started_at),
        checks_broken=_checks(tonight, earlier, outcome),
        troubles=tuple(Trouble(type(one).__name__, str(one)) for one in tonight.troubles),
        spoilt=_spoilt(settings, tonight, earlier),
        stage_seconds=tonight.stage_seconds,
    )


def _outcome(tonight: Tonight, error: BaseException | None) -> tuple[Outcome, int, str]:
    if error is None:
        code = errors.DeliveryError.exit_code if tonight.has_refused else 0
        code = tonight.troubles[0].exit_code if tonight.troubles else code
        return ("published" if tonight.run_id else "nothing_new"), code, ""
    if isinstance(error, errors.StepcareError):
        return _OUTCOMES.get(type(error), "failed"), error.exit_code, str(error)
    return "failed", 1, f"{type(error).__name__}: Stepcare did not expect it"


def _remedy(error: BaseException | None, exit_code: int) -> str:
    if error is None:
        return _REMEDIES[errors.DeliveryError] if exit_code == errors.DeliveryError.exit_code else ""
    return next((remedy for kind, remedy in _REMEDIES.items() if isinstance(error, kind)), _OTHERWISE)


def _changed_since(settings: Settings, started_at: datetime) -> tuple[DeliverySummary, ...]:
    if not settings.ledger.exists():
        return ()
    with open_ledger(settings.ledger) as ledger:
        entries = ledger.entries()
    return tuple(
        DeliverySummary(entry.clinic_code, entry.delivery_id, entry.state, entry.n_rows, entry.reason)
        for entry in entries
        if entry.changed_at and datetime.fromisoformat(entry.changed_at) >= started_at
    )


def _checks(tonight: Tonight, earlier: Summary | None, outcome: str) -> tuple[BrokenCheck, ...]:
    kept = earlier.checks_broken if earlier and outcome != "published" else ()
    broken = [one for one in kept if (one.asset, one.told_by) not in tonight.checks_evaluated]
    return tuple(sorted([*broken, *tonight.checks_broken], key=lambda one: (one.asset, one.name)))


def _spoilt(settings: Settings, tonight: Tonight, earlier: Summary | None) -> tuple[str, ...]:
    """What was found tonight, and what was found before and is not whole yet: a night looks at a part of the files."""
    places = {*tonight.spoilt, *(earlier.spoilt if earlier else ())}
    return tuple(place for place in sorted(places) if place in tonight.spoilt or _is_spoilt(settings.home / place))


def _is_spoilt(folder: Path) -> bool:
    find = spoilt_in_delivery if folder.parent.name == "store" else spoilt_files
    return folder.is_dir() and bool(find(folder))
