"""Nights whose disk is full from some step on. Runs where a small disk is mounted at a folder of its own (`private_mount`).

`python -m tests.faults.full_disk` reads one `Asked` as JSON from standard input and writes a line of JSON a step: `Found`.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.settings import Settings
from tests.faults.checking import contents, what_is_not_healed, what_is_wrong
from tests.faults.deliveries import records
from tests.faults.nightly import nightly
from tests.faults.nursery import Order, nursery


@dataclass(frozen=True)
class Asked:
    """Copy the installation `home` to the `disk` and fill it before each of `steps`; `whole` and `expected` as in Scenario."""

    home: str
    inbox: str
    disk: str
    whole: list[str]
    expected: str
    steps: list[int]
    is_short: bool


@dataclass(frozen=True)
class Found:
    """How the night ended whose disk was filled, what was wrong after it, and after the next one, which had room."""

    at: int
    code: int
    said: str
    wrong: list[str]
    next_code: int
    not_healed: list[str]


Night = Callable[[Settings, int], tuple[int, str]]


def _try(asked: Asked, at: int, night: Night) -> Found:
    disk = Path(asked.disk)
    settings = Settings(disk / "home", Path(asked.inbox))
    shutil.copytree(asked.home, settings.home, symlinks=True)
    code, said = night(settings, at)
    before = contents(settings.current / "warehouse.duckdb")
    (disk / "filler").unlink(missing_ok=True)  # SQLite needs room to open a ledger
    wrong = what_is_wrong(settings, {*asked.whole, asked.expected})
    next_code, next_said = night(settings, 0)
    if next_code in (0, 4):
        not_healed = what_is_not_healed(settings, asked.expected, records(settings.inbox))
    else:
        not_healed = [f"lost: the next night ended with {next_code}: {next_said}"]
    shutil.rmtree(settings.home)
    if before not in (*asked.whole, asked.expected):
        wrong.append("lost: what was published")
    return Found(at, code, said, wrong, next_code, not_healed)


def _main() -> None:
    asked = Asked(**json.loads(sys.stdin.read()))
    with nursery() as nights:

        def short(settings: Settings, at: int) -> tuple[int, str]:
            answer = nights.night(Order(str(settings.home), str(settings.inbox), at=at, does_fill=asked.disk))
            return answer.status, answer.said

        def whole(settings: Settings, at: int) -> tuple[int, str]:
            ended = nightly(settings, at=at, act=asked.disk)
            return ended.code, ended.said

        for at in asked.steps:
            found = _try(asked, at, short if asked.is_short else whole)
            sys.stdout.write(json.dumps(asdict(found)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _main()
