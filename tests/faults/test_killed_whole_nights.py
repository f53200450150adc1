"""The real `stepcare nightly` killed with signal 9 at every stage: what is published stays whole and the next night heals."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from pipelines.settings import Settings
from tests.faults.checking import Tally, contents, pages, what_is_not_healed, what_is_wrong
from tests.faults.deliveries import Records, first_wave, records, second_wave
from tests.faults.nightly import at_every_stage, nightly


@dataclass(frozen=True)
class Whole:
    """An installation before its second night, and what that night gives undisturbed."""

    settings: Settings
    before: str
    expected: str
    pages: str
    steps: tuple[str, ...]
    said: Records


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    settings = Settings(folder / "home", folder / "inbox")
    first_wave(settings.inbox)
    assert nightly(settings).code == 0
    second_wave(settings.inbox)
    other = Settings(folder / "undisturbed", settings.inbox)
    shutil.copytree(settings.home, other.home, symlinks=True)
    night = nightly(other)
    assert night.code == 4, "one delivery was cut short, the rest is published"
    return Whole(
        settings,
        before=contents(settings.current / "warehouse.duckdb"),
        expected=contents(other.current / "warehouse.duckdb"),
        pages=pages(other.current),
        steps=night.steps,
        said=records(settings.inbox),
    )


def _kill_and_heal(whole: Whole, home: Path, at: int, tally: Tally) -> None:
    started = time.perf_counter()
    shutil.copytree(whole.settings.home, home, symlinks=True)
    settings = Settings(home, whole.settings.inbox)
    killed = nightly(settings, at=at)
    where = f"{at}, {killed.steps[-1:]}"
    tally.injected += killed.code == -9
    tally.add(what_is_wrong(settings, {whole.before, whole.expected}), where)
    healed = nightly(settings)
    if healed.code not in (0, 4):
        tally.add([f"lost: the next night ended with {healed.code}: {healed.said}"], where)
    else:
        tally.nights_to_heal = 1
        tally.add(what_is_wrong(settings, {whole.before, whole.expected}), where)
        tally.add(what_is_not_healed(settings, whole.expected, whole.said), where)
        if pages(settings.current) != whole.pages:
            tally.add(["lost: the pages are not those of an undisturbed night"], where)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", str(settings.dagster_home))
            with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
                left = [run.status.value for run in instance.get_runs() if not run.is_finished]
            tally.add([f"left: a run that is {status}" for status in left], where)
    shutil.rmtree(home)
    tally.seconds += time.perf_counter() - started


@pytest.mark.ci
def test_a_whole_night_killed_while_it_publishes_loses_nothing(
    undisturbed: Whole, tally: Tally, tmp_path: Path
) -> None:
    """R-F1: the real command, its checks, estimates and pages."""
    at = next(n for n, name in enumerate(undisturbed.steps, 1) if "os.rename work" in name)
    _kill_and_heal(undisturbed, tmp_path / "home", at, tally)
    assert tally.injected == 1
    assert tally.notes == []


@pytest.mark.long
def test_a_whole_night_killed_at_every_stage_loses_nothing(undisturbed: Whole, tally: Tally, tmp_path: Path) -> None:
    """R-F1: 21 kills of the real command: the first and the last step of every stage, and steps drawn from each."""
    for at in at_every_stage(undisturbed.steps, 21, seed=5):
        _kill_and_heal(undisturbed, tmp_path / "home", at, tally)
    assert tally.injected == 21
    assert tally.notes == []
