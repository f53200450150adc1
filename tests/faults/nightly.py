"""The real `stepcare nightly` as a command of its own, and where in it to disturb it."""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import Settings
from tests.faults.nursery import ROOT

STAGES = ("ledger", "store", "raw.", "clean.", "cohort.", "checks.", "estimates.", "report.", "reports", "generations")


@dataclass(frozen=True)
class Ended:
    """How the command ended: exit code (or -9), what it wrote, and the steps it took up to where it was disturbed."""

    code: int
    said: str
    steps: tuple[str, ...]


def nightly(settings: Settings, *, at: int = 0, act: str = "kill", before: Sequence[str] = ()) -> Ended:
    """Run it; before step `at` (0: none) it is killed, or the disk of `act` is filled. `before` goes before the command."""
    with tempfile.NamedTemporaryFile(suffix=".steps") as log:
        command = [*before, sys.executable, "-B", "-m", "tests.faults.armed", str(at), act, log.name]
        ended = subprocess.run(
            command, cwd=ROOT, env=environment(settings), text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        return Ended(ended.returncode, ended.stdout, tuple(Path(log.name).read_text(encoding="utf-8").splitlines()))


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a command on this installation."""
    return {**os.environ, "STEPCARE_HOME": str(settings.home), "STEPCARE_INBOX": str(settings.inbox)}


def at_every_stage(steps: Sequence[str], n: int, seed: int) -> list[int]:
    """`n` step numbers: the first and the last step of every stage, then as many drawn at random from each stage in turn."""
    of_stage = [[number for number, name in enumerate(steps, 1) if stage in name] for stage in STAGES]
    of_stage = [numbers for numbers in of_stage if numbers]
    chosen = [number for numbers in of_stage for number in (numbers[0], numbers[-1])]
    draw = random.Random(seed)
    while len(chosen) < n:
        chosen += [draw.choice(numbers) for numbers in of_stage]
    return sorted(chosen[:n])
