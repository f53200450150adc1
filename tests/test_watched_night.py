"""A night watched from outside, on a machine without a network and with hostile pickles where Dagster keeps its state."""

import os
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build_definitions
from pipelines.deliveries.outgoing import write_delivery
from pipelines.settings import Settings
from tests.conftest import small_tables
from tests.watching import Watched, watched

pytestmark = pytest.mark.ci
PICKLED = {bytes([0x80, protocol]) for protocol in (2, 3, 4, 5)}
REACH_OUT = """
import socket
for family, address in ((socket.AF_INET, ("192.0.2.1", 9)), (socket.AF_INET6, ("2001:db8::1", 9))):
    try:
        socket.socket(family, socket.SOCK_DGRAM).connect(address)
    except OSError:
        pass
try:
    socket.getaddrinfo("bad.example", 9)
except OSError:
    pass
"""


class Hostile:
    """Unpickled, it runs a command that leaves a file behind."""

    def __init__(self, sentinel: Path) -> None:
        self.sentinel = sentinel

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch '{self.sentinel}'",)


def plant(storage: Path, sentinel: Path) -> list[Path]:
    """A hostile pickle at the path of every asset, where Dagster's own storage would look for it."""
    keys = build_definitions(Settings(storage, storage)).resolve_asset_graph().get_all_asset_keys()
    made = [storage.joinpath(*key.path) for key in sorted(keys)]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(Hostile(sentinel)))
    return made


@dataclass(frozen=True)
class Night:
    folder: Path
    watched: Watched
    planted: list[Path]

    @property
    def sentinel(self) -> Path:
        return self.folder / "executed"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("watched")
    write_delivery(folder / "inbox", "C001", "2026-11-01", "snapshot", small_tables())
    planted = plant(folder / "home" / "dagster" / "storage", folder / "executed")
    environment = {"STEPCARE_HOME": str(folder / "home"), "STEPCARE_INBOX": str(folder / "inbox")}
    command = [sys.executable, "-m", "pipelines.cli", "nightly"]
    return Night(folder, watched(folder, command, environment), planted)


def test_a_night_needs_no_network_and_tries_to_reach_none(night: Night) -> None:
    """R-S7: the whole night in a namespace without a route; 0 attempts to connect or send outside this machine."""
    assert night.watched.code == 0, night.watched.said
    assert "Published" in night.watched.said
    assert night.watched.python == []
    assert night.watched.system == []


def test_a_hostile_pickle_in_the_storage_of_dagster_never_runs(night: Night) -> None:
    """R-S5: one at the storage path of each asset before the night; none was read."""
    assert night.watched.code == 0
    assert len(night.planted) > 40
    assert all(path.is_file() for path in night.planted)
    assert not night.sentinel.exists()


def test_a_night_writes_no_pickle(night: Night) -> None:
    """R-S5: 0 files under the home, in DAGSTER_HOME and its storage among them, begin as a pickle does (protocols 2 to 5)."""
    files = {path for path in (night.folder / "home").rglob("*") if path.is_file()}
    dagsters = [path for path in files - set(night.planted) if (night.folder / "home" / "dagster") in path.parents]
    assert len(dagsters) >= 3
    assert {path for path in files if path.read_bytes()[:2] in PICKLED} == set(night.planted)


def test_dagsters_own_storage_would_have_run_it(tmp_path: Path) -> None:
    """R-S5, positive control: an asset that takes its input from the default storage runs the pickle that lies there."""
    sentinel = tmp_path / "executed"
    storage = tmp_path / "storage"
    storage.mkdir()
    (storage / "first").write_bytes(pickle.dumps(Hostile(sentinel)))

    @dg.asset
    def first() -> int:
        return 1

    @dg.asset
    def second(first: int) -> None:
        assert first == 0  # what the command's success left in the place of the value

    stored = {"io_manager": dg.FilesystemIOManager(base_dir=str(storage))}
    assert dg.materialize([first, second], selection=[second], resources=stored).success
    assert sentinel.exists()


def test_an_attempt_to_reach_another_machine_is_noticed(tmp_path: Path) -> None:
    """R-S7, positive control: the same harness sees two connects and a name asked for, and the system's calls."""
    found = watched(tmp_path, [sys.executable, "-c", REACH_OUT], {})
    assert len(found.python) == 3
    assert len(found.system) >= (2 if found.is_traced else 0)
