"""Whole nights in processes of their own: twenty starts, readers, clocks that are set back, and every change of the clocks."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.deliveries.outgoing import write_delivery
from pipelines.errors import AlreadyRunning
from pipelines.generations import Generation, current_generation, current_warehouse
from pipelines.settings import Settings
from pipelines.summary import read_last_night
from pipelines.synthetic import simulate
from tests.apart import CLOCK_CHANGES, NIGHT, ZONES, build_clock, clock_environment, environment_of, night_apart
from tests.conftest import small_tables
from tests.test_night import pages_without_stamps

READER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as con:
    count = "select count(*) from cohort.episodes"
    print(con.execute(count).fetchone()[0], flush=True)
    sys.stdin.readline()
    print(con.execute(count).fetchone()[0], con.execute("select count(*) from raw.session").fetchone()[0], flush=True)
"""


def _numbers(settings: Settings) -> dict[str, str]:
    """sha256 of every table's rows without its times (they tell the clock), and the model of every page."""
    path = current_warehouse(settings)
    assert path is not None
    found = {}
    with duckdb.connect(str(path), read_only=True) as con:
        for schema, table in con.execute(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall():
            described = con.execute(f"describe {schema}.{table}").fetchall()
            columns = ", ".join(f'"{row[0]}"' for row in described if not row[1].startswith("TIMESTAMP"))
            rows = con.execute(f"select {columns} from {schema}.{table} order by all").fetchall()
            found[f"{schema}.{table}"] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found | pages_without_stamps(settings)


def _differing(one: Settings, other: Settings) -> list[str]:
    """The names of tables and pages that are not the same in both."""
    first, second = _numbers(one), _numbers(other)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


@contextmanager
def _reader(warehouse: Path) -> Iterator["subprocess.Popen[str]"]:
    """A notebook that has the published warehouse open all night."""
    command = [sys.executable, "-c", READER, str(warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with deliveries of two clinics; the tests below work on it one after the other."""
    folder = tmp_path_factory.mktemp("apart")
    settings = Settings(home=folder / "home", inbox=folder / "inbox")
    simulate(settings.inbox, episodes=60, clinics=2, world="uniform", seed=3)
    return settings


def _first_night(settings: Settings) -> Generation:
    """The published night; worked now when there is none."""
    if current_generation(settings) is None:
        assert night_apart(settings, TZ="UTC", PYTHONHASHSEED="0").returncode == 0
    generation = current_generation(settings)
    assert generation is not None
    return generation


@pytest.mark.ci
def test_of_twenty_nights_started_at_once_one_runs_and_nineteen_say_so(home: Settings, tmp_path: Path) -> None:
    """R-F3: 1 runs, 19 end with code 7; 0 tracebacks."""
    go = tmp_path / "go"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", NIGHT],
            env=environment_of(home, START_WHEN=str(go), TZ="UTC", PYTHONHASHSEED="0"),
            text=True,
            **pipes,
        )  # type: ignore[call-overload]
        for _ in range(20)
    ]
    assert [process.stdout.readline() for process in started] == ["ready\n"] * 20
    go.touch()
    said = {process: process.communicate() for process in started}
    winners = [process for process in started if process.returncode == 0]
    assert len(winners) == 1, [errors for _, errors in said.values()]
    for process, (_, errors) in said.items():
        assert "Traceback" not in errors
        if process is not winners[0]:
            assert process.returncode == AlreadyRunning.exit_code
            assert f"already running since {datetime.now(UTC):%Y}" in errors
            assert f"pid {winners[0].pid}, in" in errors
    assert current_generation(home) is not None


@pytest.mark.ci
def test_a_night_after_the_clock_was_set_back_under_a_reader_is_published(home: Settings, tmp_path: Path) -> None:
    """R-F7: back to the change of the clocks in spring. R-F3: the night succeeds, the reader sees the night it opened."""
    before, published = _first_night(home), current_warehouse(home)
    assert published is not None
    write_delivery(home.inbox, "C900", "2026-11-02", "snapshot", small_tables("C900"))
    clock = clock_environment(build_clock(tmp_path), CLOCK_CHANGES[0] - timedelta(seconds=20))
    with _reader(published) as reader:
        assert reader.stdout is not None
        opened = reader.stdout.readline().split()
        done = night_apart(home, TZ="America/St_Johns", **clock)
        assert done.returncode == 0, done.stderr
        still, _ = reader.communicate("\n")
    assert still.split()[0] == opened[0] == "60"
    after = current_generation(home)
    assert after is not None
    assert before.name < after.name
    assert before.made_at < after.made_at
    assert sorted(path.name for path in home.generations.iterdir()) == [before.name, after.name]
    last = read_last_night(home.home)
    assert last is not None
    assert last.ended_at.startswith("2026-03-29"), "the summary tells the clock as it was"


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("change", CLOCK_CHANGES, ids=lambda change: change.date().isoformat())
def test_the_night_of_every_change_of_the_clocks_gives_the_same_numbers_in_every_zone(
    home: Settings, tmp_path: Path, change: datetime, zone: str
) -> None:
    """R-F7, R-F9: the night begins twenty seconds before the clocks of the clinics change."""
    _first_night(home)
    other = Settings(home=tmp_path / "home", inbox=home.inbox)
    number = CLOCK_CHANGES.index(change) + ZONES.index(zone)
    more = {"TZ": zone, "PYTHONHASHSEED": str(number), "NIGHT_THREADS": str(1 + number % 4)}
    done = night_apart(other, **more, **clock_environment(build_clock(tmp_path), change - timedelta(seconds=20)))
    assert done.returncode == 0, done.stderr
    assert _differing(home, other) == []


@pytest.mark.long
def test_ten_nights_succeed_under_a_reader_that_keeps_the_first_one_open(tmp_path: Path) -> None:
    """R-F3: 10 of 10, and the reader still reads what it opened, though that night is removed in the meantime."""
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox")
    simulate(settings.inbox, episodes=40, clinics=1, world="uniform", seed=4)
    assert night_apart(settings).returncode == 0
    first = current_warehouse(settings)
    assert first is not None
    with _reader(first) as reader:
        assert reader.stdout is not None
        opened = reader.stdout.readline().split()
        for number in range(10):
            write_delivery(settings.inbox, "C900", f"2026-11-{number + 10}", "snapshot", _other_tables(number))
            done = night_apart(settings)
            assert done.returncode == 0, done.stderr
        still, _ = reader.communicate("\n")
    assert not first.exists()
    assert still.split()[0] == opened[0] == "40"


def _other_tables(number: int) -> dict[str, pd.DataFrame]:
    tables = small_tables("C900")
    tables["intake"] = tables["intake"].assign(rmdq24=str(number))
    return tables
