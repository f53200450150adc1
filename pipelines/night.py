"""One whole night from the command line: look, take in, run the job in this process, and say how it ended."""

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines import errors
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import Entry, open_ledger
from pipelines.disk import disk_errors_named, full_error, is_full
from pipelines.filing import editions_due, today
from pipelines.generations import Generation, clear_abandoned_work, current_generation
from pipelines.integrity import Verified
from pipelines.memory import require_memory
from pipelines.provenance import ROOT
from pipelines.publishing import settle_published
from pipelines.recording import Tonight, recorded
from pipelines.room import require_rights, require_room
from pipelines.settings import Settings
from pipelines.upkeep import back_up_tonight, look_over, spoilt_still

Say = Callable[[str], None]
_OBJECTS_BETWEEN_COLLECTIONS = 10_000
"""Of Python's garbage: with its 700, a quarter of the CPU that imports take goes into looking through what stays."""


@dataclass(frozen=True)
class NightResult:
    """How a night ended: the published generation, the run (None when nothing was new), what was refused this time.

    `troubles` are what an operator must mend though the night went well: a backup that failed, a kept file that is spoilt.
    """

    generation: Generation | None
    run_id: str | None
    refused: tuple[Entry, ...]
    troubles: tuple[errors.StepcareError, ...] = ()


def prepare_dagster(settings: Settings) -> None:
    """Set this process up for Dagster in this installation's own home, with the instance settings of the project."""
    os.umask(0o077)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.dagster_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(ROOT / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["STEPCARE_HOME"] = str(settings.home)
    os.environ["STEPCARE_INBOX"] = str(settings.inbox)
    temporary = settings.home / "tmp"
    temporary.mkdir(exist_ok=True, mode=0o700)
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None  # read anew from TMPDIR: libraries write nothing outside the home
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("TQDM_DISABLE", "1")
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


def run_night(
    settings: Settings, say: Say, events: logging.Handler | None = None, summary_to: Path | None = None
) -> NightResult:
    """Run the night when something is new; otherwise say that nothing is and do no more than look.

    `events` takes Dagster's events instead of the lines a person reads (a benchmark measures stages with it). However it ends,
    its summary is in `last_night.json`, and in `summary_to`.
    Raises NothingToDo, DeliveryError, ChecksFailed, NightFailed or AlreadyRunning; what was published before then stays.
    """
    with disk_errors_named(settings.home), recorded(settings, summary_to) as tonight, disk_errors_named(settings.home):
        require_rights(settings)
        clear_abandoned_work(settings)
        require_room(settings)
        result = _night(settings, say, events, tonight)
        tonight.has_refused, tonight.troubles = bool(result.refused), result.troubles
    return result


def _night(settings: Settings, say: Say, events: logging.Handler | None, tonight: Tonight) -> NightResult:
    prepare_dagster(settings)
    settings.store.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.inbox.is_dir():
        say(
            f"  There is no folder {settings.inbox}, so nothing can be delivered. Is it mounted, and is STEPCARE_INBOX right?"
        )
    with open_ledger(settings.ledger) as ledger:
        judged = receive(settings.inbox, settings.store, ledger, lambda line: say(f"  {line}"))
    from pipelines.schedules import what_is_new  # Dagster: 2 s of CPU, after the looking

    key, reason = what_is_new(settings)
    published = current_generation(settings)
    verified = look_over(settings, say)
    tonight.spoilt = tuple(found.place for found in verified.spoilt)
    if published and not key and verified.is_in_published(settings):
        key, reason = published.night_key, "the published night is not what was published"
    if not key and published is None:
        refused = [entry for entry in judged if entry.state == "quarantined"]
        if refused:
            raise errors.DeliveryError("no delivery could be loaded; the reasons stand above. Nothing was published")
        raise errors.NothingToDo(f"{reason}. Put deliveries there as <clinic>/<delivery>/, manifest.json last")
    if not key:
        settle_published(settings)
        say(f"  {reason[0].upper()}{reason[1:]}.")
        refused_now = tuple(entry for entry in judged if entry.state == "quarantined")
        run_id = _make_due_reports(settings, say, events, tonight)
        return NightResult(current_generation(settings), run_id, refused_now, _troubles(settings, verified, say))
    require_room(settings)
    require_memory(settings)
    say(f"  Starting, since {reason}.")
    run_id = run_job(settings, "nightly", say, {"stepcare/because": reason}, events, tonight=tonight)
    with open_ledger(settings.ledger) as ledger:
        seen = {(entry.clinic_code, entry.delivery_id, entry.fingerprint) for entry in judged}
        refused_now = tuple(
            entry
            for entry in ledger.entries()
            if entry.state == "quarantined" and (entry.clinic_code, entry.delivery_id, entry.fingerprint) in seen
        )
    troubles = _troubles(settings, verified, say)
    return NightResult(current_generation(settings), run_id, refused_now, troubles)


def _make_due_reports(settings: Settings, say: Say, events: logging.Handler | None, tonight: Tonight) -> str | None:
    """Make the reports of a week or month that is over from what is published; returns the run, None when none is due."""
    due = [edition.words for edition in editions_due(settings, today(settings))]
    if not due:
        return None
    say(f"  Making the reports of {' and '.join(due)}.")
    return run_job(settings, "weekly_report", say, {"stepcare/because": "a period is over"}, events, tonight=tonight)


def _troubles(settings: Settings, verified: Verified, say: Say) -> tuple[errors.StepcareError, ...]:
    found = (spoilt_still(settings, verified), back_up_tonight(settings, say))
    return tuple(trouble for trouble in found if trouble)


def run_job(
    settings: Settings,
    name: str,
    say: Say,
    tags: dict[str, str],
    events: logging.Handler | None = None,
    *,
    is_from_store: bool = False,
    as_of: str = "",
    tonight: Tonight | None = None,
) -> str:
    """Run a job of the code location in this process with progress on the screen; returns the run's id.

    With `is_from_store` nothing of an earlier night is taken over; `as_of` (UTC, ISO 8601) is the time whose knowledge counts.
    `tonight` gets what the summary tells of the run.
    """
    from pipelines.dead_runs import end_dead_runs
    from pipelines.definitions import build_definitions
    from pipelines.instance import open_instance
    from pipelines.progress import StepLines, progress_logger
    from pipelines.run_facts import note_run

    progress = progress_logger(events or StepLines(say))
    definitions = build_definitions(settings, loggers={"progress": progress}, is_from_store=is_from_store, as_of=as_of)
    with open_instance() as instance:
        end_dead_runs(instance)
        result = definitions.resolve_job_def(name).execute_in_process(
            instance=instance, raise_on_error=False, run_config={"loggers": {"progress": {}}}, tags=tags
        )
        if tonight:
            note_run(tonight, instance, result.run_id)
        if not result.success:
            raise _explain(result, settings.home)
        return result.run_id


def _explain(result: Any, home: Path) -> errors.StepcareError:
    """The error that a person should read, from the events of a failed run."""
    failed = [
        evaluation
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed and evaluation.blocking and evaluation.severity.value == "ERROR"
    ]
    if failed:
        named = "; ".join(
            f"{evaluation.asset_key.to_user_string()} {evaluation.check_name}: {evaluation.description or 'see its counts'}"
            for evaluation in failed
        )
        return errors.ChecksFailed(
            f"blocking checks failed, so nothing was published and the last good results stay. {named}. "
            f"Run {result.run_id} has the counts (stepcare ui)"
        )
    for event in result.all_events:
        if event.event_type_value == "STEP_FAILURE":
            error = event.step_failure_data.error
            cause = error.cause or error
            known: type[errors.StepcareError] | None = vars(errors).get(cause.cls_name or "")
            message = cause.message.split(":", 1)[-1].strip()
            if known is not None:
                return known(message)
            if is_full(OSError(message)):
                return full_error(home)
            return errors.NightFailed(
                f"the step {event.step_key} failed ({cause.cls_name}); nothing was published and the last good results "
                f"stay. The log is on the run's page: stepcare ui, run {result.run_id}"
            )
    return errors.NightFailed(f"run {result.run_id} failed before its first step; see stepcare ui")


def report_places(settings: Settings) -> dict[str, Path]:
    """Where a person finds what was published, by what it is."""
    return {
        "reports": settings.reports / "index.html",
        "report": settings.current / "reports" / "index.html",
        "warehouse": settings.current / "warehouse.duckdb",
    }
