import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from pipelines.definitions import build_definitions
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.generations import Generation
from pipelines.own_questions.reading import questions_hash
from pipelines.provenance import code_hash, ledger_hash, night_key
from pipelines.schedules import freshness, nightly, what_is_new
from pipelines.settings import Settings
from tests.conftest import small_tables

ZONE = "Europe/London"


def _ticks(repository: dg.RepositoryDefinition, name: str, after: datetime) -> Iterator[datetime]:
    """When Dagster's daemon would start the schedule, in clinic time."""
    schedule = repository.get_schedule_def(name)
    cron, zone = str(schedule.cron_schedule), str(schedule.execution_timezone)
    assert zone == ZONE
    for tick in schedule_execution_time_iterator(after.timestamp(), cron, zone):
        yield tick.astimezone(ZoneInfo(ZONE))


@pytest.fixture
def repository(settings: Settings) -> dg.RepositoryDefinition:
    return build_definitions(settings).get_repository_def()


@pytest.mark.parametrize(
    ("day", "utc"),
    [("2026-01-15", "02:30"), ("2026-07-15", "01:30"), ("2026-10-25", "02:30")],
)
def test_the_night_begins_at_half_past_two_clinic_time_in_winter_and_summer(
    repository: dg.RepositoryDefinition, day: str, utc: str
) -> None:
    tick = next(_ticks(repository, "nightly", datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(ZONE))))
    assert tick.astimezone(ZoneInfo("UTC")).strftime("%H:%M") == utc


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
def test_the_night_the_clocks_change_has_one_tick(repository: dg.RepositoryDefinition, night: str) -> None:
    ticks = _ticks(repository, "nightly", datetime.fromisoformat(night).replace(tzinfo=ZoneInfo(ZONE)))
    dates = [next(ticks).date().isoformat() for _ in range(3)]
    assert dates.count(night) == 1


def test_a_new_own_question_is_news_enough_for_a_night_and_taking_it_away_too(settings: Settings) -> None:
    write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", small_tables())
    settings.store.mkdir(parents=True)
    with open_ledger(settings.ledger) as ledger:
        receive(settings.inbox, settings.store, ledger)
        data = ledger_hash(ledger)
    _publish(settings, night_key(data))
    assert what_is_new(settings)[0] == ""
    questions = settings.home / "questions"
    questions.mkdir()
    (questions / "mine.toml").write_text("why", encoding="utf-8")
    key, reason = what_is_new(settings)
    assert key == night_key(data, questions=questions_hash(settings.home)) != night_key(data)
    assert "own questions" in reason
    _publish(settings, key)
    assert what_is_new(settings)[0] == ""
    (questions / "mine.toml").unlink()
    assert what_is_new(settings)[0] == night_key(data)


def _publish(settings: Settings, key: str) -> None:
    settings.current.mkdir(exist_ok=True)
    made = Generation(
        "20261101T023000Z-a", "r", "2026-11-01T02:30:00+00:00", key, code_hash(), "", "", is_simulated=True
    )
    (settings.current / "generation.json").write_text(json.dumps(asdict(made)), encoding="utf-8")


def test_the_weekly_report_is_made_on_monday_morning(repository: dg.RepositoryDefinition) -> None:
    tick = next(_ticks(repository, "weekly_report", datetime(2026, 11, 25, tzinfo=ZoneInfo(ZONE))))
    assert tick.strftime("%A %H:%M") == "Monday 06:00"


def test_the_self_checks_in_full_are_made_on_sunday_before_the_report_of_monday(
    repository: dg.RepositoryDefinition,
) -> None:
    tick = next(_ticks(repository, "weekly_self_check", datetime(2026, 11, 25, tzinfo=ZoneInfo(ZONE))))
    assert tick.strftime("%A %H:%M") == "Sunday 08:00"


def _schedule(repository: dg.RepositoryDefinition) -> dg.RunRequest | dg.SkipReason:
    schedule = repository.get_schedule_def("nightly")
    with dg.instance_for_test() as instance:
        data = schedule.evaluate_tick(dg.build_schedule_context(instance, repository_def=repository))
    return data.run_requests[0] if data.run_requests else dg.SkipReason(data.skip_message)


def _sensor(repository: dg.RepositoryDefinition) -> dg.RunRequest | dg.SkipReason:
    sensor = repository.get_sensor_def("new_deliveries")
    with dg.instance_for_test() as instance:
        data = sensor.evaluate_tick(dg.build_sensor_context(instance, repository_def=repository))
    return data.run_requests[0] if data.run_requests else dg.SkipReason(data.skip_message)


def test_with_nothing_in_the_inbox_the_schedule_and_the_sensor_skip_and_say_why(
    repository: dg.RepositoryDefinition,
) -> None:
    reasons = ("there is no delivery to work on", "no complete delivery that nobody has judged")
    for found, reason in zip((_schedule(repository), _sensor(repository)), reasons, strict=True):
        assert isinstance(found, dg.SkipReason)
        assert reason in str(found.skip_message)


def test_a_complete_delivery_starts_one_night_and_an_incomplete_one_none(
    repository: dg.RepositoryDefinition, settings: Settings
) -> None:
    folder = write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", small_tables())
    first, again, scheduled = _sensor(repository), _sensor(repository), _schedule(repository)
    assert isinstance(first, dg.RunRequest)
    assert isinstance(again, dg.RunRequest)
    assert isinstance(scheduled, dg.RunRequest)
    assert first.run_key == again.run_key, "the same delivery asks for the same run, which Dagster starts once"
    assert first.tags["stepcare/because"] == "1 complete delivery is new"
    (folder / "manifest.json").unlink()
    assert isinstance(_sensor(repository), dg.SkipReason)


def test_the_published_night_is_what_freshness_is_watched_on(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    assert graph.get(dg.AssetKey(["report", "published"])).freshness_policy == freshness(ZONE)


def test_a_night_runs_in_one_process_with_its_tags() -> None:
    assert nightly.tags["dagster/max_retries"] == "2"
    assert nightly.executor_def is dg.in_process_executor


def test_dagster_sends_no_telemetry_and_runs_one_night_at_a_time() -> None:
    text = (Path(__file__).resolve().parents[1] / "dagster.yaml").read_text(encoding="utf-8")
    assert "telemetry:\n  enabled: false" in text
    assert "max_concurrent_runs: 1" in text
