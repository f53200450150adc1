"""Dagster's storage on a new home, wanted by several processes at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

N_PROCESSES = 4
OPEN = """
import sys
from pipelines.instance import open_instance
print("ready", flush=True)
sys.stdin.read()
with open_instance() as instance:
    instance.get_runs_count()
"""


@pytest.mark.ci
def test_four_processes_at_once_make_one_storage_that_all_can_open(tmp_path: Path) -> None:
    """R-F3: without the lock 3 of 5 such starts failed and 2 left a storage that nothing opened again."""
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    (tmp_path / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    command = [sys.executable, "-c", OPEN]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, env=environment, **pipes) for _ in range(N_PROCESSES)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
    assert ended == [("", 0)] * N_PROCESSES
    assert (
        subprocess.run(command, env=environment, input="", capture_output=True, text=True, check=False).returncode == 0
    )
