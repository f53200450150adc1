"""Other people's code in a process of its own, with a time limit. Nothing that it prints is told: it could be a value."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.provenance import ROOT


@dataclass(frozen=True)
class Ended:
    """How a process ended, and after how many seconds."""

    state: Literal["done", "failed", "too long"]
    seconds: float


def run_child(module: str, arguments: Sequence[str], seconds: float, environment: Mapping[str, str]) -> Ended:
    """Run a module of ours in another process for at most so many seconds; it and all that it started end with it.

    `environment` is added to our own. The process reads no input and its output goes nowhere.
    """
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return Ended("too long", time.monotonic() - started)
    finally:
        _end(process)
    return Ended("failed" if code else "done", time.monotonic() - started)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()
