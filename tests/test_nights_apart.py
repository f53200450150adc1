"""Whole nights in processes of their own: zone, clock, seed and threads change no number; twenty starts give one night."""

import hashlib
import os
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
from pipelines.generations import current_generation, current_warehouse
from pipelines.settings import Settings
from pipelines.summary import read_last_night
from pipelines.synthetic import simulate
from tests.clock import ZONES, build_clock, clock_environment
from tests.conftest import small_tables
from tests.test_night import pages_without_stamps

CLOCK_CHANGES = tuple(
    datetime(*day, 1, tzinfo=UTC) for day in ((2026, 3, 29), (2026, 10, 25), (2027, 3, 28), (2027, 10, 31))
)
NIGHT = """
import os, sys, time
from pathlib import Path
import pipelines.night, pipelines.warehouse
from pipelines.cli import main
pipelines.warehouse.open_warehouse.__wrapped__.__kwdefaults__["threads"] = int(os.environ.get("NIGHT_THREADS", "2"))
if start_at := os.environ.get("START_WHEN"):
    print("ready", flush=True)
    while not Path(start_at).exists():
        time.sleep(0.01)
main(["nightly"])
"""
READER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as con:
    count = "select count(*) from cohort.episodes"
    print(con.execute(count).fetchone()[0], flush=True)
    sys.stdin.readline()
    print(con.execute(count).fetchone()[0], con.execute("select count(*) from raw.session").fetchone()[0], flush=True)
"""

pytestmark = pytest.mark.ci


def _environment(settings: Settings, **more: str) -> dict[str, str]:
    return {**os.environ, "STEPCARE_HOME": str(settings.home), "STEPCARE_INBOX": str(settings.inbox), **more}


def _night(settings: Settings, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", NIGHT], env=_environment(settings, **more), capture_output=True, text=True, check=False
    )


def _second_delivery(inbox: Path) -> None:
    write_delivery(inbox, "C900", "2026-11-02", "snapshot", small_tables("C900"))


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
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings, Path]:
    """Two installations with inboxes of the same deliveries, and the library that sets a clock."""
    folder = tmp_path_factory.mktemp("apart")
    here, there = (Settings(home=folder / name / "home", inbox=folder / name / "inbox") for name in ("here", "there"))
    for settings in (here, there):
        simulate(settings.inbox, episodes=60, clinics=2, world="uniform", seed=3)
    return here, there, build_clock(folder)


def test_of_twenty_nights_started_at_once_one_runs_and_nineteen_say_so(
    homes: tuple[Settings, Settings, Path], tmp_path: Path
) -> None:
    """R-F3: 1 runs, 19 end with code 7; 0 tracebacks."""
    here, _, _ = homes
    go = tmp_path / "go"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", NIGHT],
            env=_environment(here, START_WHEN=str(go), TZ="UTC", PYTHONHASHSEED="0"),
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
    assert current_generation(here) is not None


def test_zone_clock_seed_and_threads_change_no_number(homes: tuple[Settings, Settings, Path]) -> None:
    """R-F7, R-F9: here the one of twenty; there twenty seconds before the clocks change in spring, in Tokyo, on one thread."""
    here, there, library = homes
    if current_generation(here) is None:
        assert _night(here, TZ="UTC", PYTHONHASHSEED="0").returncode == 0
    clock = clock_environment(library, CLOCK_CHANGES[2] - timedelta(seconds=20))
    done = _night(there, TZ="Asia/Tokyo", PYTHONHASHSEED="1", NIGHT_THREADS="1", **clock)
    assert done.returncode == 0, done.stderr
    generation = current_generation(there)
    assert generation is not None
    assert generation.made_at.startswith("2027-03-28"), "the clock was set"
    assert _differing(here, there) == []


def test_a_night_after_the_clock_was_set_back_under_a_reader_is_published(
    homes: tuple[Settings, Settings, Path],
) -> None:
    """R-F7: five months back, to the change in autumn. R-F3: the night succeeds, the reader sees the night it opened."""
    _, there, library = homes
    before, published = current_generation(there), current_warehouse(there)
    assert before is not None, "the test above published it"
    assert published is not None
    _second_delivery(there.inbox)
    clock = clock_environment(library, CLOCK_CHANGES[1] - timedelta(seconds=20))
    with _reader(published) as reader:
        assert reader.stdout is not None
        opened = reader.stdout.readline().split()
        done = _night(there, TZ="America/St_Johns", PYTHONHASHSEED="2", NIGHT_THREADS="4", **clock)
        assert done.returncode == 0, done.stderr
        still, _ = reader.communicate("\n")
    assert still.split()[0] == opened[0] == "60"
    after = current_generation(there)
    assert after is not None
    assert before.name < after.name
    assert before.made_at < after.made_at
    assert sorted(path.name for path in there.generations.iterdir()) == [before.name, after.name]
    last = read_last_night(there.home)
    assert last is not None
    assert last.ended_at.startswith("2026-10-25"), "the summary tells the clock as it was"


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("change", CLOCK_CHANGES, ids=lambda change: change.date().isoformat())
def test_the_night_of_every_change_of_the_clocks_gives_the_same_numbers_in_every_zone(
    homes: tuple[Settings, Settings, Path], tmp_path: Path, change: datetime, zone: str
) -> None:
    """R-F7, R-F9: the night begins twenty seconds before the clocks of the clinics change."""
    here, _, library = homes
    if current_generation(here) is None:
        assert _night(here, TZ="UTC", PYTHONHASHSEED="0").returncode == 0
    other = Settings(home=tmp_path / "home", inbox=here.inbox)
    number = CLOCK_CHANGES.index(change) + ZONES.index(zone)
    more = {"TZ": zone, "PYTHONHASHSEED": str(number), "NIGHT_THREADS": str(1 + number % 4)}
    done = _night(other, **more, **clock_environment(library, change - timedelta(seconds=20)))
    assert done.returncode == 0, done.stderr
    assert _differing(here, other) == []


@pytest.mark.long
def test_ten_nights_succeed_under_a_reader_that_keeps_the_first_one_open(tmp_path: Path) -> None:
    """R-F3: 10 of 10, and the reader still reads what it opened, though that night is removed in the meantime."""
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox")
    simulate(settings.inbox, episodes=40, clinics=1, world="uniform", seed=4)
    assert _night(settings).returncode == 0
    first = current_warehouse(settings)
    assert first is not None
    with _reader(first) as reader:
        assert reader.stdout is not None
        opened = reader.stdout.readline().split()
        for number in range(10):
            write_delivery(settings.inbox, "C900", f"2026-11-{number + 10}", "snapshot", _other_tables(number))
            done = _night(settings)
            assert done.returncode == 0, done.stderr
        still, _ = reader.communicate("\n")
    assert not first.exists()
    assert still.split()[0] == opened[0] == "40"


def _other_tables(number: int) -> dict[str, pd.DataFrame]:
    tables = small_tables("C900")
    tables["intake"] = tables["intake"].assign(rmdq24=str(number))
    return tables
