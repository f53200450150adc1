"""Installations just before a night that will be disturbed, and what that night gives when it is not."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import Settings
from tests.faults.checking import contents
from tests.faults.deliveries import Records, first_wave, fourth_wave, records, second_wave, third_wave
from tests.faults.nursery import Nursery, Order


@dataclass(frozen=True)
class Scenario:
    """`home` and `inbox` before the night; `whole`: digests of what may be published; `expected`: of the night itself."""

    name: str
    home: Path
    inbox: Path
    whole: frozenset[str]
    expected: str
    said: Records
    steps: tuple[str, ...]

    def begun(self, home: Path) -> Settings:
        """A fresh copy of the installation in `home`."""
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.home, home, symlinks=True)
        return Settings(home, self.inbox)

    @property
    def publishing(self) -> range:
        """The numbers of the steps that publish and mark: from the last checkpoint to after the last step."""
        first = max(n for n, name in enumerate(self.steps, 1) if "checkpoint" in name)
        return range(first, len(self.steps) + 2)


WAVES = {
    "the first night": (first_wave,),
    "the second night": (first_wave, second_wave),
    "the night that removes the oldest": (first_wave, second_wave, third_wave, fourth_wave),
}


def prepare(name: str, folder: Path, nursery: Nursery) -> Scenario:
    """Make a scenario in `folder`: every wave but the last is published, and the last lies in the inbox."""
    settings = Settings(folder / "home", folder / "inbox")
    settings.home.mkdir(parents=True, mode=0o700)
    whole = set()
    *earlier, last = WAVES[name]
    for wave in earlier:
        wave(settings.inbox)
        whole.add(_night(nursery, settings)[0])
    last(settings.inbox)
    undisturbed = Settings(folder / "undisturbed", settings.inbox)
    shutil.copytree(settings.home, undisturbed.home, symlinks=True)
    expected, steps = _night(nursery, undisturbed)
    return Scenario(
        name, settings.home, settings.inbox, frozenset({*whole, expected}), expected, records(settings.inbox), steps
    )


def _night(nursery: Nursery, settings: Settings) -> tuple[str, tuple[str, ...]]:
    answer = nursery.night(Order(str(settings.home), str(settings.inbox)))
    assert answer.status == 0, answer.said
    return contents(settings.current / "warehouse.duckdb"), tuple(answer.steps)
