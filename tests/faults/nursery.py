"""Short nights that can be killed: everything is imported once, then each night is a fork that lives for a second.

`python -m tests.faults.nursery` reads a line of JSON an order and answers with a line of JSON; `Nursery` is its client.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from pipelines.errors import StepcareError
from pipelines.settings import Settings
from tests.faults.short_night import short_night
from tests.faults.steps import Steps, count, fill_disk, kill

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Order:
    """A short night of the installation in `home`, killed before step `at`, the step `said`, or after `seconds`; else it ends."""

    home: str
    inbox: str
    at: int | None = None
    said: str = ""
    seconds: float | None = None
    does_fill: str = ""  # at step `at` the disk of this folder is filled instead
    log: str = ""  # everything done to the disk below the home is written here (`writelog.c`, loaded before)


@dataclass(frozen=True)
class Answer:
    """How it ended: `status` 0, an exit code, or -9; what it said; the steps it took, the last the one it was killed before."""

    status: int
    said: str
    steps: list[str]


class Nursery:
    """The client: one order at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def night(self, order: Order) -> Answer:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return Answer(**json.loads(self._process.stdout.readline()))


@contextmanager
def nursery(environment: dict[str, str] | None = None) -> Iterator[Nursery]:
    """A nursery in a process of its own, ended on the way out."""
    command = [sys.executable, "-B", "-m", "tests.faults.nursery"]
    # python -m puts the current folder first: the code beside this file is what runs, wherever the project is installed from
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **(environment or {})}, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        yield Nursery(process)
        assert process.stdin
        process.stdin.close()


def _fork(order: Order) -> Answer:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w", buffering=1, encoding="utf-8") as told:
            os._exit(_live(order, told))
    os.close(writing)
    if order.seconds is not None:
        time.sleep(order.seconds)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, encoding="utf-8") as told:
        lines = told.read().splitlines()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = [line.removeprefix("said ") for line in lines if line.startswith("said ")]
    steps = [line.removeprefix("step ") for line in lines if line.startswith("step ")]
    return Answer(status, "\n".join(said), steps)


def _live(order: Order, told: IO[str]) -> int:
    def act(name: str) -> None:
        if order.does_fill:
            fill_disk(Path(order.does_fill))
        else:
            _tell(told, "step", steps.names)
            kill(name)

    steps = Steps(order.at, act, order.said)
    if order.log:
        ctypes.CDLL(None).writelog_start(order.log.encode(), order.home.encode())
    elif order.seconds is None:
        count(steps)
    try:
        short_night(Settings(Path(order.home), Path(order.inbox)), lambda line: _tell(told, "said", [line]))
    except StepcareError as error:
        _tell(told, "said", str(error).splitlines())
        return error.exit_code
    except BaseException:  # noqa: BLE001 - told to the test, which fails
        _tell(told, "said", traceback.format_exc().splitlines())
        return 1
    _tell(told, "step", steps.names)
    return 0


def _tell(told: IO[str], what: str, lines: Sequence[str]) -> None:
    told.write("".join(f"{what} {line}\n" for line in lines))
    told.flush()


def _main() -> None:
    os.umask(0o077)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(asdict(_fork(Order(**json.loads(line))))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
