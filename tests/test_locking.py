"""One night at a time: who is late is told who runs and since when; what was killed leaves a note and no lock."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import AlreadyRunning
from pipelines.locking import hold, only_one, unfinished_work

HOLD = """
import sys, time
from pathlib import Path
from pipelines.locking import hold
hold(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""
START_AT_ONCE = """
import sys, time
from pathlib import Path
from pipelines.errors import StepcareError
from pipelines.locking import only_one
home, go = map(Path, sys.argv[1:])
print("ready", flush=True)
while not go.exists():
    time.sleep(0.005)
try:
    with only_one(home):
        print("held", flush=True)
        sys.stdin.read()
except StepcareError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_who_comes_second_is_told_since_when_and_which_process(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    """R-F3: the second start ends with code 7, and says who runs."""
    with pytest.raises(AlreadyRunning, match=rf"already running since 20.*\+00:00, pid {holder.pid}") as caught:
        hold(tmp_path)
    assert caught.value.exit_code == 7
    work = unfinished_work(tmp_path)
    assert work is not None
    assert work.is_running
    assert datetime.now(UTC) - datetime.fromisoformat(work.since) < timedelta(minutes=5)


def test_a_killed_night_leaves_no_lock_but_a_note_that_it_never_ended(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    """R-F3: a lock after kill -9 needs no hand; and that the night was killed can be told."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    work = unfinished_work(tmp_path)
    assert work is not None
    assert (work.process, work.is_running) == (str(holder.pid), False)
    with only_one(tmp_path):
        running = unfinished_work(tmp_path)
        assert running is not None
        assert (running.process, running.is_running) == (str(os.getpid()), True)
    assert unfinished_work(tmp_path) is None


def test_work_that_ends_well_or_badly_leaves_no_note(tmp_path: Path) -> None:
    assert unfinished_work(tmp_path) is None
    with pytest.raises(RuntimeError), only_one(tmp_path):
        raise RuntimeError
    assert unfinished_work(tmp_path) is None
    subprocess.run(
        [sys.executable, "-c", HOLD.replace("time.sleep(60)", ""), tmp_path], check=True, capture_output=True
    )
    assert unfinished_work(tmp_path) is None


def test_to_look_never_keeps_a_night_from_starting(tmp_path: Path) -> None:
    with only_one(tmp_path):
        pass
    looking = "import sys\nfrom pathlib import Path\nfrom pipelines.locking import unfinished_work\nprint(flush=True)\n"
    looking += "while True:\n    unfinished_work(Path(sys.argv[1]))\n"
    with contextlib.ExitStack() as lookers:
        for _ in range(2):
            process = lookers.enter_context(
                subprocess.Popen([sys.executable, "-c", looking, tmp_path], stdout=subprocess.PIPE)
            )
            lookers.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
        for _ in range(200):
            with only_one(tmp_path):
                pass


def test_of_twenty_starts_at_once_one_works_and_nineteen_say_who_does(tmp_path: Path) -> None:
    """R-F3: 20 simultaneous starts of one installation; the same with whole nights is marked ci, in test_night_once.py."""
    home, go = tmp_path / "home", tmp_path / "go"
    command = [sys.executable, "-c", START_AT_ONCE, home, go]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [subprocess.Popen(command, text=True, **pipes) for _ in range(20)]  # type: ignore[call-overload]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    go.touch()
    while sum(process.poll() is None for process in started) > 1:
        time.sleep(0.02)
    (winner,) = (process for process in started if process.poll() is None)
    assert winner.stdout.readline() == "held\n"
    ended = [(process, *process.communicate()) for process in started]
    assert winner.returncode == 0
    losers = [(process.returncode, said) for process, _, said in ended if process is not winner]
    assert [code for code, _ in losers] == [AlreadyRunning.exit_code] * 19
    assert all(f"pid {winner.pid}, in" in said and "Traceback" not in said for _, said in losers)
