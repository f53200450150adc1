"""A run of Dagster's daemon that is killed is seen, told of, and worked again from its first step."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pipelines.deliveries.outgoing import write_delivery
from pipelines.generations import current_warehouse
from pipelines.locking import unfinished_work
from pipelines.settings import Settings
from pipelines.summary import read_last_night
from tests.apart import environment_of
from tests.conftest import small_tables

pytestmark = pytest.mark.long
_SECONDS_TO_WAIT = 1200


@contextmanager
def _daemon(settings: Settings, output: Path) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pipelines.cli", "ui", "--port", str(port)]
    with output.open("w") as said:
        process = subprocess.Popen(command, env=environment_of(settings), stdout=said, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=120)


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _SECONDS_TO_WAIT
    while not is_so():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.5)


def _running(settings: Settings, but: str = "") -> str:
    """The process that works the night, other than `but`; empty when there is none."""
    work = unfinished_work(settings.home)
    return work.process if work and work.is_running and work.process not in ("unknown", but) else ""


@pytest.mark.parametrize("seconds", [0, 2, 5, 8])
def test_a_run_that_is_killed_is_worked_again_and_doubles_nothing(
    settings: Settings, tmp_path: Path, seconds: int
) -> None:
    """R-F11: a new run starts by itself, publishes the same, and the failure in between stands in the summary."""
    write_delivery(settings.inbox, "C900", "2026-11-01", "snapshot", small_tables("C900"))
    outcomes: list[str] = []

    def outcome() -> str:
        last = read_last_night(settings.home)
        outcomes.extend([last.outcome] if last and last.outcome not in outcomes else [])
        return outcomes[-1] if outcomes else ""

    with _daemon(settings, tmp_path / "daemon.log"):
        _wait_until(lambda: bool(_running(settings)))
        killed = _running(settings)
        time.sleep(seconds)
        os.kill(int(killed), signal.SIGKILL)
        _wait_until(lambda: outcome() == "failed")
        _wait_until(lambda: bool(_running(settings, but=killed)))
        _wait_until(lambda: outcome() == "published")
    assert outcomes[-2:] == ["failed", "published"]
    path = current_warehouse(settings)
    assert path is not None
    with duckdb.connect(str(path), read_only=True) as con:
        for table, rows in {"raw.delivery": 1, "raw.intake": 4, "cohort.episodes": 4}.items():
            assert con.execute(f"select count(*) from {table}").fetchall() == [(rows,)]
    assert len(list(settings.generations.iterdir())) == 1
