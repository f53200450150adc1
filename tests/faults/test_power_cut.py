"""The power fails during a short night, at any moment of a log of everything it did to the disk; the next night heals."""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.settings import Settings
from tests.faults.checking import Tally, what_is_wrong
from tests.faults.nursery import Nursery, Order, nursery
from tests.faults.power_cut import RENAME, SYNC, SYNC_FOLDER, Did, Disk, names_before, put_on_disk, read_log
from tests.faults.scenarios import WAVES, Scenario
from tests.faults.trials import heal


@pytest.fixture(scope="module")
def logging_nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("there is no C compiler here, so writes cannot be logged")
    library = tmp_path_factory.mktemp("writelog") / "writelog.so"
    source = Path(__file__).with_name("writelog.c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-lpthread"], check=True
    )
    with nursery({"LD_PRELOAD": str(library)}) as one:
        yield one


def _log(nights: Nursery, scenario: Scenario, folder: Path) -> tuple[list[Did], Disk]:
    settings = scenario.begun(folder / "logged")
    before = names_before(settings.home, scenario.home)
    log = folder / "log"
    answer = nights.night(Order(str(settings.home), str(settings.inbox), log=str(log)))
    assert answer.status == 0, answer.said
    return read_log(log, settings.home), Disk(*before)


def _moments(done: list[Did], n: int, draw: random.Random) -> list[int]:
    """`n` moments: half of them just before or after a sync or a rename, where it matters most."""
    edges = [at for at, did in enumerate(done) if did.kind in (SYNC, SYNC_FOLDER, RENAME)]
    near = [min(draw.choice(edges) + draw.randint(0, 1), len(done)) for _ in range(n // 2)]
    return sorted(near + [draw.randint(0, len(done)) for _ in range(n - n // 2)])


def _cut_and_heal(
    nights: Nursery, logging_nights: Nursery, scenario: Scenario, folder: Path, n: int, tally: Tally, healed_every: int
) -> None:
    started = time.perf_counter()
    done, disk = _log(logging_nights, scenario, folder)
    assert any(did.path.endswith("warehouse.duckdb") for did in done), "what DuckDB writes is logged too"
    draw = random.Random(13)
    played = 0
    for number, moment in enumerate(_moments(done, n, draw)):
        for did in done[played:moment]:
            disk.play(did)
        played = moment
        settings = Settings(folder / "home", scenario.inbox)
        put_on_disk(disk.cut(draw), settings.home)
        tally.injected += 1
        where = f"{scenario.name}, after {moment} of {len(done)}"
        tally.add(what_is_wrong(settings, set(scenario.whole)), where)
        if number % healed_every == 0:
            heal(nights, scenario, settings, tally, where)
    shutil.rmtree(folder)
    tally.seconds += time.perf_counter() - started


@pytest.mark.ci
def test_the_log_played_to_its_end_is_what_lies_on_the_disk(
    logging_nights: Nursery, scenario: Callable[[str], Scenario], tmp_path: Path
) -> None:
    done, disk = _log(logging_nights, scenario("the first night"), tmp_path)
    for did in done:
        disk.play(did)
    put_on_disk(disk.kept(), tmp_path / "played")
    logged, played = (_files(tmp_path / name) for name in ("logged", "played"))
    assert played == logged
    assert any(name.endswith("/warehouse.duckdb") for name in played)


def _files(home: Path) -> dict[str, bytes]:
    """Every file and link, but SQLite's index of its log, which is shared memory and made anew."""
    return {
        str(path.relative_to(home)): os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in home.rglob("*")
        if (path.is_symlink() or path.is_file()) and not path.name.endswith("-shm")
    }


@pytest.mark.ci
def test_a_night_that_synced_nothing_would_be_found_out(
    logging_nights: Nursery, scenario: Callable[[str], Scenario], tmp_path: Path
) -> None:
    """The control: with the syncs of files left out of the log, power cuts do break what is published."""
    chosen = scenario("the first night")
    done, disk = _log(logging_nights, chosen, tmp_path)
    for did in done:
        if did.kind != SYNC:
            disk.play(did)
    draw = random.Random(17)
    wrong = []
    for _ in range(20):
        put_on_disk(disk.cut(draw), tmp_path / "home")
        wrong += what_is_wrong(Settings(tmp_path / "home", chosen.inbox), set(chosen.whole))
    assert wrong


@pytest.mark.ci
def test_a_power_cut_leaves_the_published_night_and_the_ledger_whole(
    nights: Nursery, logging_nights: Nursery, scenario: Callable[[str], Scenario], tally: Tally, tmp_path: Path
) -> None:
    """R-F1: 50 states of the second night, un-synced writes kept, missing or torn; five of them are healed."""
    _cut_and_heal(nights, logging_nights, scenario("the second night"), tmp_path / "one", 50, tally, healed_every=10)
    assert tally.notes == []


@pytest.mark.long
@pytest.mark.parametrize("name", WAVES)
def test_four_hundred_power_cuts_leave_the_published_night_and_the_ledger_whole(
    nights: Nursery,
    logging_nights: Nursery,
    scenario: Callable[[str], Scenario],
    tally: Tally,
    tmp_path: Path,
    name: str,
) -> None:
    """R-F1: with the three scenarios 1,200 states; each twentieth is healed."""
    _cut_and_heal(nights, logging_nights, scenario(name), tmp_path / "one", 400, tally, healed_every=20)
    assert tally.notes == []
