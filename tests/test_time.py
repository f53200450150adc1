"""Clocks, zones and the nights when the clocks change: one night a date, and what is newer sorts later."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from pipelines.generations import KEPT_GENERATIONS, Generation, current_generation, next_moment, publish
from pipelines.schedules import build_schedules
from pipelines.settings import Settings
from tests.apart import ZONES

CLINICS = ZoneInfo("Europe/London")
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The zone of the machine."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.parametrize("zone", ZONES, indirect=True)
def test_each_date_of_two_years_has_one_night_whatever_the_zone_of_the_machine(settings: Settings, zone: str) -> None:
    """R-F7: exactly one tick of the schedule a clinic date, the four dates when the clocks change included."""
    (schedule, *_), _ = build_schedules(settings)
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=CLINICS)
    ticks = schedule_execution_time_iterator(
        begin.timestamp(), str(schedule.cron_schedule), str(schedule.execution_timezone)
    )
    days = (LAST - FIRST).days + 1
    counted = Counter(next(ticks).astimezone(CLINICS).date() for _ in range(days))
    assert counted == Counter(FIRST + timedelta(days=number) for number in range(days))


def _publish(settings: Settings, number: int, now: datetime) -> Generation:
    """Publish a small night `now`, as `publish_night` names it."""
    made_at = next_moment(settings, now)
    key = f"{number:08x}"
    generation = Generation(
        f"{made_at:%Y%m%dT%H%M%SZ}-{key}", f"run-{number}", made_at.isoformat(), key, "c", "r", "d", is_simulated=False
    )
    folder = settings.work / generation.run_id
    folder.mkdir(parents=True)
    (folder / "warehouse.duckdb").write_text(key)
    publish(settings, folder, generation)
    return generation


@pytest.mark.parametrize(
    "hours",
    [(0, 24, 48, 72, 96), (0, 0, 0, 0, 0), (96, 72, 48, 24, 0), (0, 24, -8760, -8736, 48), (0, 1, 0.5, 1.5, 1)],
    ids=[
        "a night a day",
        "the same second",
        "each a day back",
        "a year back and on",
        "an autumn night by a local clock",
    ],
)
def test_nights_sort_in_the_order_in_which_they_were_published_whatever_the_clock_says(
    settings: Settings, hours: tuple[float, ...]
) -> None:
    """R-F7: clock set back between two nights; the newest is never the one that is removed."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5)  # no night is kept for more than 30 days
    made = []
    for number, later in enumerate(hours):
        made.append(_publish(settings, number, start + timedelta(hours=later)))
        assert current_generation(settings) == made[-1]
        kept = sorted(path.name for path in settings.generations.iterdir())
        assert kept == [generation.name for generation in made[-KEPT_GENERATIONS:]]
    assert [one.name for one in made] == sorted(one.name for one in made)
    assert [one.made_at for one in made] == sorted(one.made_at for one in made)
    assert len({one.name for one in made}) == len(made)


def test_other_folders_among_the_nights_do_not_count(settings: Settings) -> None:
    settings.generations.mkdir(parents=True)
    (settings.generations / "notes").mkdir()
    now = datetime(2026, 11, 1, 2, 30, 5, 123, tzinfo=UTC)
    assert next_moment(settings, now) == datetime(2026, 11, 1, 2, 30, 5, tzinfo=UTC)
