"""Nights of Dagster's daemon leave the same summary as those of the command line."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from pipelines.errors import NightFailed
from pipelines.recording import recorded
from pipelines.run_facts import broken_checks
from pipelines.run_sensors import summary_sensors
from pipelines.schedules import build_schedules, nightly
from pipelines.settings import Settings
from pipelines.summary import BrokenCheck, Summary, read_last_night, write_summary


def _intake(*, is_broken: bool, raises: bool) -> dg.AssetsDefinition:
    contract = dg.AssetCheckSpec("contract", asset=["clean", "intake"], blocking=True)

    @dg.asset(key=["clean", "intake"], check_specs=[contract])
    def intake() -> dg.MaterializeResult:  # type: ignore[type-arg]
        if raises:
            raise NightFailed("one message")
        result = dg.AssetCheckResult(check_name="contract", passed=not is_broken, metadata={"rows": 4})
        return dg.MaterializeResult(check_results=[result])

    return intake


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


def _run(
    settings: Settings, instance: dg.DagsterInstance, *, is_broken: bool = False, raises: bool = False
) -> tuple[str, Summary | None]:
    """Run a small night and give the sensor what the daemon would; returns the run's id and the summary."""
    intake = _intake(is_broken=is_broken, raises=raises)
    result = dg.materialize([intake], instance=instance, raise_on_error=False)
    settings.home.mkdir(exist_ok=True)
    succeeded, failed = summary_sensors(settings, nightly)
    sensor, event = (
        (succeeded, result.filter_events(lambda event: event.event_type_value == "PIPELINE_SUCCESS"))
        if result.success
        else (failed, result.filter_events(lambda event: event.event_type_value == "PIPELINE_FAILURE"))
    )
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    context = dg.build_run_status_sensor_context(sensor.name, event[0], instance, run)
    sensor(context if result.success else context.for_run_failure())
    return result.run_id, read_last_night(settings.home)


def test_a_night_of_the_daemon_that_succeeds_is_summarized(settings: Settings, instance: dg.DagsterInstance) -> None:
    run_id, last = _run(settings, instance)
    assert last is not None
    assert (last.outcome, last.exit_code, last.run_id) == ("published", 0, run_id)
    assert last.newest_success_at == last.ended_at
    assert list(last.stage_seconds) == ["clean"]


def test_one_that_a_check_stopped_names_the_check(settings: Settings, instance: dg.DagsterInstance) -> None:
    _, last = _run(settings, instance, is_broken=True)
    assert last is not None
    assert (last.outcome, last.exit_code, last.error) == ("failed", 5, "ChecksFailed")
    assert last.checks_broken == (BrokenCheck("clean/intake", "contract", "contract", "error", counts={"rows": 4}),)
    assert last.newest_success_at == ""


def test_of_a_check_that_stands_for_several_each_that_is_broken_is_named() -> None:
    line = {"check": "intake.age_band.present", "broken": 3, "checked": 50, "allowed_percent": 5.0, "severity": "warn"}
    evaluation = dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(["checks", "results"]),
        check_name="intake_completeness",
        passed=False,
        metadata={
            "worst": dg.MetadataValue.json([line | {"owner": "the clinic"}]),
            "not_met": dg.MetadataValue.int(2),
            "checks": dg.MetadataValue.int(9),
        },
        severity=dg.AssetCheckSeverity.WARN,
        description="3 of 50; and 1 more",
    )
    counts = {"n_broken": 3, "n_rows": 50, "allowed_percent": 5.0}
    single, rest = broken_checks(evaluation)
    assert single == BrokenCheck(
        "checks/results", "intake_completeness", "intake.age_band.present", "warn", "To be mended by the clinic", counts
    )
    assert (rest.name, rest.detail, rest.counts) == (
        "intake_completeness",
        "3 of 50; and 1 more",
        {"checks": 9, "not_met": 2},
    )


def test_one_that_failed_names_the_step(settings: Settings, instance: dg.DagsterInstance) -> None:
    _, last = _run(settings, instance, raises=True)
    assert last is not None
    assert (last.exit_code, last.error) == (6, "NightFailed")
    assert "the step clean__intake failed" in last.message


def test_a_later_night_is_not_overwritten_by_what_the_daemon_hears_late(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    with recorded(settings):
        pass
    before = read_last_night(settings.home)
    assert before is not None
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    write_summary(settings.home / "last_night.json", Summary(**{**before.__dict__, "started_at": later}))
    _, last = _run(settings, instance, raises=True)
    assert last is not None
    assert (last.outcome, last.started_at) == ("nothing_new", later)


def test_a_tick_with_nothing_to_do_is_a_look_too(settings: Settings, instance: dg.DagsterInstance) -> None:
    (schedule, *_), _ = build_schedules(settings)
    schedule.evaluate_tick(dg.build_schedule_context(instance))
    last = read_last_night(settings.home)
    assert last is not None
    assert (last.outcome, last.exit_code) == ("nothing_to_do", 3)


def test_both_sensors_run_by_themselves_and_watch_the_night_only(settings: Settings) -> None:
    _, sensors = build_schedules(settings)
    noted = {sensor.name: sensor.default_status for sensor in sensors}
    assert noted["night_succeeded"] == noted["night_failed"] == dg.DefaultSensorStatus.RUNNING
