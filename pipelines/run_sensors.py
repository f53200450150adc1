"""Nights that Dagster's daemon starts leave their summary too: two sensors write it, and so does a tick that finds nothing new."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from pipelines import errors
from pipelines.generations import current_generation
from pipelines.recording import Tonight, summarize
from pipelines.run_facts import note_run
from pipelines.settings import Settings
from pipelines.summary import LAST_NIGHT, read_last_night, write_summary


def summary_sensors(settings: Settings, nights: Any) -> list[dg.SensorDefinition]:
    """The sensors that write `last_night.json` when a run of the job `nights` has succeeded or failed."""

    @dg.run_status_sensor(
        name="night_succeeded",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[nights],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Writes the run summary of a night that succeeded.",
    )
    def night_succeeded(context: dg.RunStatusSensorContext) -> None:
        _write(settings, context.instance, context.dagster_run.run_id, None)

    @dg.run_failure_sensor(
        name="night_failed",
        monitored_jobs=[nights],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Writes the run summary of a night that failed, or was killed: `stepcare watch` tells of it.",
    )
    def night_failed(context: dg.RunFailureSensorContext) -> None:
        steps = [event.step_key for event in context.get_step_failure_events() if event.step_key]
        named = f"the step {steps[0]} failed" if steps else "no step ended"
        failed = errors.NightFailed(f"{named}; nothing was published. The log is on the run's page (stepcare ui)")
        _write(settings, context.instance, context.dagster_run.run_id, failed)

    return [night_succeeded, night_failed]


def note_nothing_new(settings: Settings, reason: str) -> None:
    """Write the summary of a tick of the schedule that started nothing."""
    started_nothing = Tonight(datetime.now(UTC))
    nothing = None if current_generation(settings) else errors.NothingToDo(reason)
    write_summary(settings.home / LAST_NIGHT, summarize(settings, started_nothing, nothing))


def _write(settings: Settings, instance: dg.DagsterInstance, run_id: str, error: errors.StepcareError | None) -> None:
    """Nothing when the night wrote its own summary (`stepcare nightly`), or a later one has."""
    record = instance.get_run_record_by_id(run_id)
    started = datetime.fromtimestamp((record and record.start_time) or 0, UTC)
    last = read_last_night(settings.home)
    if last and (last.run_id == run_id or datetime.fromisoformat(last.started_at) > started):
        return
    tonight = Tonight(started)
    note_run(tonight, instance, run_id)
    is_stopped_by_checks = error is not None and any(check.severity == "error" for check in tonight.checks_broken)
    if is_stopped_by_checks:
        error = errors.ChecksFailed("blocking checks failed, so nothing was published; checks_broken names them")
    write_summary(settings.home / LAST_NIGHT, summarize(settings, tonight, error))
