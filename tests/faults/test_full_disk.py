"""A disk that fills during a night, or is too full before it: nothing published is harmed, and the next night heals."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from pipelines.errors import NightFailed, UsageError
from pipelines.room import require_room, room
from pipelines.settings import Settings
from tests.faults.checking import Tally, contents
from tests.faults.deliveries import first_wave, second_wave
from tests.faults.full_disk import Asked, Found
from tests.faults.nightly import at_every_stage, nightly
from tests.faults.nursery import ROOT
from tests.faults.private_mount import needs_private_mounts, on_small_disk
from tests.faults.scenarios import Scenario

SMALL = "[disk]\nsmallest_free_gigabytes = 0.0\n"


def _fill(asked: Asked, tally: Tally, megabytes: int = 48) -> list[Found]:
    started = time.perf_counter()
    Path(asked.disk).mkdir()
    command = [*on_small_disk(Path(asked.disk), megabytes), sys.executable, "-B", "-m", "tests.faults.full_disk"]
    ended = subprocess.run(
        command, cwd=ROOT, input=json.dumps(asdict(asked)), text=True, stdout=subprocess.PIPE, check=True
    )
    found = [Found(**json.loads(line)) for line in ended.stdout.splitlines()]
    for one in found:
        tally.injected += 1
        tally.add([*one.wrong, *one.not_healed], f"{one.at}")
    tally.nights_to_heal = 1
    tally.seconds = time.perf_counter() - started
    return found


def _without_a_floor(home: Path, to: Path) -> Path:
    shutil.copytree(home, to, symlinks=True)
    (to / "stepcare.toml").write_text(SMALL, encoding="utf-8")
    return to


def _fill_short_nights(scenario: Scenario, folder: Path, n: int, tally: Tally) -> None:
    needs_private_mounts()
    steps = list(range(5, len(scenario.steps), len(scenario.steps) // n))[:n]
    home = _without_a_floor(scenario.home, folder / "home")
    asked = Asked(
        str(home), str(scenario.inbox), str(folder / "disk"), [*scenario.whole], scenario.expected, steps, True
    )
    _all_failed_and_healed(_fill(asked, tally), tally)


def _all_failed_and_healed(found: list[Found], tally: Tally) -> None:
    assert tally.notes == []
    for one in found:
        assert one.code in (0, 4, 6), one.said  # 0 and 4: the disk was full when all was published
        assert one.code != 6 or "GB are free" in one.said, one.said


@pytest.mark.ci
def test_a_disk_that_fills_during_a_short_night_harms_nothing(
    scenario: Callable[[str], Scenario], tally: Tally, tmp_path: Path
) -> None:
    """R-F2: at five points of the night; it ends with the space that is free, and the next one with room heals."""
    _fill_short_nights(scenario("the second night"), tmp_path, 5, tally)


@pytest.mark.long
def test_a_disk_that_fills_at_sixty_points_of_a_short_night_harms_nothing(
    scenario: Callable[[str], Scenario], tally: Tally, tmp_path: Path
) -> None:
    """R-F2: 60 of 60 published nights intact."""
    _fill_short_nights(scenario("the second night"), tmp_path, 60, tally)


@pytest.mark.long
def test_a_disk_that_fills_at_any_stage_of_a_whole_night_harms_nothing(tally: Tally, tmp_path: Path) -> None:
    """R-F2: at 12 points; every published night intact, it ends FAILED with the space that is free, the next one heals."""
    needs_private_mounts()
    settings = Settings(tmp_path / "home", tmp_path / "inbox")
    first_wave(settings.inbox)
    assert nightly(settings).code == 0
    (settings.home / "stepcare.toml").write_text(SMALL, encoding="utf-8")
    second_wave(settings.inbox)
    other = Settings(tmp_path / "undisturbed", settings.inbox)
    shutil.copytree(settings.home, other.home, symlinks=True)
    night = nightly(other)
    before, expected = (contents(one.current / "warehouse.duckdb") for one in (settings, other))
    steps = at_every_stage(night.steps, 12, seed=9)
    asked = Asked(str(settings.home), str(settings.inbox), str(tmp_path / "disk"), [before], expected, steps, False)
    found = _fill(asked, tally, megabytes=192)
    assert len(found) == 12
    _all_failed_and_healed(found, tally)


def test_a_night_does_not_start_without_room_and_says_how_much_there_is(settings: Settings) -> None:
    """R-F2: three times the published warehouse and a floor, which may be set."""
    settings.home.mkdir()
    assert room(settings).needed == 10**9
    require_room(settings)
    (settings.home / "stepcare.toml").write_text("[disk]\nsmallest_free_gigabytes = 1e9\n", encoding="utf-8")
    with pytest.raises(NightFailed, match=r"GB are free where .* a night needs 1000000000\.00 GB .*Free some space"):
        require_room(settings)


def test_the_floor_of_free_space_is_a_number(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "stepcare.toml").write_text('[disk]\nsmallest_free_gigabytes = "much"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="smallest_free_gigabytes is not a number"):
        require_room(settings)
