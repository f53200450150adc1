"""One small night of simulated clinics, published, for the tests of notebooks and sections: made once for all workers."""

import fcntl
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.synthetic import simulate
from tests.conftest import ROOT
from tests.results.conftest import GENERATION


@pytest.fixture(scope="session")
def small_night(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The home of an installation whose `current` is a whole night of 90 episodes in three clinics."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    home = shared / "small-night"
    with (shared / "small-night.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "current").is_dir():
            _make_night(shared / "small-night.inbox", home)
    return home


def _make_night(inbox: Path, home: Path) -> None:
    for left in (inbox, home):
        shutil.rmtree(left, ignore_errors=True)
    simulate(inbox, episodes=90, clinics=3, world="uniform", seed=3, dirt=0.01)
    settings = f"Settings(Path({str(home)!r}), Path({str(inbox)!r}))"
    night = f"from tests.faults.whole_night import *; whole_night({settings}, has_pages=False)"
    subprocess.run([sys.executable, "-B", "-c", night], cwd=ROOT, check=True)
    making = home / "current.making"
    making.mkdir()
    (home / "work" / "warehouse.duckdb").rename(making / "warehouse.duckdb")
    (making / "generation.json").write_text(json.dumps(GENERATION), encoding="utf-8")
    making.rename(home / "current")
