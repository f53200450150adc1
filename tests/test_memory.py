"""Memory has a bound: DuckDB spills beyond its part, and a night that would need more says so before it starts."""

from pathlib import Path

import pytest

from pipelines.errors import NightFailed, UsageError
from pipelines.memory import (
    BASE_BYTES,
    BYTES_AN_EPISODE,
    BYTES_AN_EPISODE_BEYOND,
    EPISODES_THAT_ALL_TEACH,
    duckdb_memory,
    episodes_in_use,
    memory_allowed,
    memory_needed,
    memory_of_machine,
    require_memory,
)
from pipelines.night import run_night
from pipelines.resources import NightBuild
from pipelines.room import WAREHOUSE_BYTES_A_ROW, WAREHOUSES_OF_ROOM, room
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.conftest import process_as_it_was
from tests.deliveries.clinics import N_EPISODES, clinic_feeds, send
from tests.deliveries.test_files import _receive


def bounded(settings: Settings, gigabytes: float) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "stepcare.toml").write_text(f"[machine]\nmost_memory_gigabytes = {gigabytes}\n")


def test_a_night_that_needs_more_memory_than_it_may_take_ends_before_it_starts_with_both_figures(
    settings: Settings,
) -> None:
    send(settings.inbox, "C001", "2026-11-01", clinic_feeds("C001"))
    bounded(settings, 1.2)
    said: list[str] = []
    with (
        process_as_it_was(),
        pytest.raises(
            NightFailed,
            match=rf"{N_EPISODES} episodes, .* need about 1.5 GB of memory; 1.2 GB may be used .*\[machine\]",
        ),
    ):
        run_night(settings, said.append)
    assert not any("Starting" in line for line in said)
    assert not settings.generations.exists()
    assert not list((settings.dagster_home / "history").rglob("*.db")), "no run was begun"


def test_of_a_clinic_the_last_snapshot_and_what_came_after_it_are_counted(settings: Settings) -> None:
    send(settings.inbox, "C001", "2026-11-01", clinic_feeds("C001", 3))
    send(settings.inbox, "C001", "2026-11-02", clinic_feeds("C001", 4))
    send(settings.inbox, "C001", "2026-11-03", clinic_feeds("C001", 1), "delta")
    send(settings.inbox, "C002", "2026-11-01", clinic_feeds("C002", 2))
    _receive(settings)
    assert episodes_in_use(settings) == 4 + 1 + 2


def test_the_more_episodes_the_more_memory(settings: Settings) -> None:
    send(settings.inbox, "C001", "2026-11-01", clinic_feeds("C001"))
    _receive(settings)
    bounded(settings, (BASE_BYTES + N_EPISODES * BYTES_AN_EPISODE) / 1e9)
    require_memory(settings)
    bounded(settings, (BASE_BYTES + (N_EPISODES - 1) * BYTES_AN_EPISODE) / 1e9)
    with pytest.raises(NightFailed):
        require_memory(settings)


def test_an_episode_that_is_only_scored_takes_less_than_one_that_teaches() -> None:
    first, second, third = (
        memory_needed(n) for n in (EPISODES_THAT_ALL_TEACH, EPISODES_THAT_ALL_TEACH + 1, 2 * EPISODES_THAT_ALL_TEACH)
    )
    assert first == BASE_BYTES + EPISODES_THAT_ALL_TEACH * BYTES_AN_EPISODE
    assert second - first == BYTES_AN_EPISODE_BEYOND < BYTES_AN_EPISODE
    assert third - first == EPISODES_THAT_ALL_TEACH * BYTES_AN_EPISODE_BEYOND
    assert memory_needed(1_000_000) < 24e9, "a million episodes fit the machine that is asked for"


def test_without_a_delivery_nothing_is_needed(settings: Settings) -> None:
    bounded(settings, 0.1)
    require_memory(settings)


def test_without_a_setting_a_night_may_take_what_the_machine_has(settings: Settings) -> None:
    assert memory_allowed(settings.home) == memory_of_machine() > 0


def test_a_setting_that_is_no_number_is_an_error(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "stepcare.toml").write_text('[machine]\nmost_memory_gigabytes = "8"\n')
    with pytest.raises(UsageError, match="most_memory_gigabytes"):
        memory_allowed(settings.home)


def test_the_steps_of_a_night_get_half_of_it_for_duckdb(settings: Settings) -> None:
    bounded(settings, 3)
    assert duckdb_memory(settings.home) == "1500MB"
    night = NightBuild(home=str(settings.home), inbox=str(settings.inbox), timezone="Europe/London")
    night.folder("run")
    with night.warehouse("run") as con:
        assert con.execute("select current_setting('memory_limit')").fetchall() == [("1.3 GiB",)]
    bounded(settings, 100)
    assert duckdb_memory(settings.home) == "4000MB"


def test_what_does_not_fit_is_put_on_the_disk_beside_the_warehouse_and_taken_away(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "warehouse.duckdb", memory="40MB", threads=1) as con:
        ordered = (
            "select row_number() over (order by hash(range)) as place, hash(range)::varchar as text from range(1000000)"
        )
        con.execute(f"create table cohort.large as {ordered}").fetchall()
        assert con.execute("select count(*), sum(place) from cohort.large").fetchall() == [(1_000_000, 500_000_500_000)]
        assert (tmp_path / "spill").is_dir()
    assert not list((tmp_path / "spill").glob("*"))


def test_a_first_night_expects_a_warehouse_of_the_rows_that_were_delivered(settings: Settings) -> None:
    before = room(settings).needed
    send(settings.inbox, "C001", "2026-11-01", clinic_feeds("C001"))
    (entry,) = _receive(settings)
    assert room(settings).needed == before + WAREHOUSES_OF_ROOM * WAREHOUSE_BYTES_A_ROW * entry.n_rows
    assert entry.n_rows > N_EPISODES
