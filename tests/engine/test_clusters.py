"""Real clusters on loopback, a scheduler and two workers in processes of their own: Dask, and Spark where it is installed."""

import os
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.gains import StackedDRLearner
from pipelines.causal.parallel import side_by_side_on
from pipelines.engine.clusters import Cluster, has_java, local_cluster
from pipelines.engine.folds import fits_on
from pipelines.engine.mapping import engine
from pipelines.engine.proving import Proving
from pipelines.engine.settings import EngineSettings
from pipelines.errors import InstallationError, UsageError
from pipelines.synthetic import simulate
from tests.causal.worlds import linear_clinic
from tests.conftest import process_as_it_was

from .case_task import patient_cases, rows_in_buckets, rows_whole

CHUNK = 25
ON_LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
"""127.0.0.1, the same in IPv6's notation, and ::1."""


@pytest.fixture(scope="module", params=["dask", "spark"])
def kind(request: pytest.FixtureRequest) -> str:
    """An engine that is installed here; without it, or Spark's Java, its tests are skipped, saying so."""
    if find_spec({"dask": "distributed", "spark": "pyspark"}[request.param]) is None:
        pytest.skip(f"{request.param} is not installed: pip install 'stepcare[{request.param}]'")
    if request.param == "spark" and not has_java():
        pytest.skip("Spark needs Java 17 or later, and there is none")
    return str(request.param)


@pytest.fixture(scope="module")
def place(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp(kind)


@pytest.fixture(scope="module")
def cluster(kind: str, place: Path) -> Iterator[Cluster]:
    with process_as_it_was(), local_cluster(kind, 2, place / "cluster") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def settings(kind: str, place: Path, cluster: Cluster) -> EngineSettings:
    return EngineSettings(kind, cluster.address, 2, str(place / "store"))


def _mean_of_sample(seed: int) -> tuple[float, int]:
    numbers = np.random.default_rng(seed).standard_normal(200_000)
    return float(numbers.mean()), os.getpid()


def _fitted(n_jobs: int) -> tuple[str, np.ndarray]:
    frame = linear_clinic(150, 1)
    x, arm, pain = frame[["severity", "age", "work"]], frame["arm"], frame["pain_12wk"]
    scores = CrossFittedAIPW(repeats=1, n_jobs=n_jobs).fit(x, pain, arm).scores_.to_csv()
    learners = ("linear", "kernel", "boosting")
    return scores, StackedDRLearner(learners=learners, repeats=1, n_jobs=n_jobs).fit(x, arm, pain).gains_


@pytest.mark.ci
def test_cases_and_fits_give_on_a_cluster_what_they_give_here(kind: str, settings: EngineSettings) -> None:
    """On Spark, whose tasks cost more, without the cases of the checks."""
    places = [place for place in patient_cases() if kind == "dask" or not place.startswith("checks.")]
    chunks = [places[start : start + CHUNK] for start in range(0, len(places), CHUNK)]
    with engine(settings) as pmap:
        found = {place: rows for part in pmap(rows_in_buckets, chunks) for place, rows in part.items()}
        there = pmap(_mean_of_sample, range(6))
        with side_by_side_on(fits_on(settings, "folds", lambda: pmap)):
            fitted = _fitted(-1)
    assert len(places) > (300 if kind == "dask" else 100)
    assert found == rows_whole(places)
    assert [value for value, _ in there] == [_mean_of_sample(seed)[0] for seed in range(6)]
    assert os.getpid() not in {process for _, process in there}
    assert [np.array_equal(one, other) for one, other in zip(fitted, _fitted(1), strict=True)] == [True, True]


@pytest.mark.ci
def test_a_cluster_listens_on_loopback_only(cluster: Cluster, settings: EngineSettings) -> None:
    with engine(settings) as pmap:
        pmap(len, ["a task"])
        addresses = [
            address for process in (cluster.scheduler, *cluster.workers) for address in _listening(process.pid)
        ]
    assert addresses
    assert {address for address in addresses if address not in ON_LOOPBACK} == set()


def _listening(session: int) -> Iterator[str]:
    """The addresses, as /proc writes them, on which processes of a session accept connections."""
    listeners = {}
    for name in ("tcp", "tcp6"):
        for line in Path("/proc/net", name).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                listeners[f"socket:[{fields[9]}]"] = fields[1].partition(":")[0]
    for pid in [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]:
        try:
            if os.getsid(pid) != session:
                continue
            links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield from (listeners[link] for link in links if link in listeners)


@pytest.mark.ci
def test_a_night_whose_worker_is_killed_ends_right_with_no_file_left_over(
    kind: str, place: Path, cluster: Cluster
) -> None:
    simulate(place / "inbox", episodes=60, clinics=2, world="uniform", seed=20261130, dirt=0.03)
    said: list[str] = []
    proving = Proving(place, place / "inbox", buckets=2, is_whole=False, is_killing=True)
    proof = proving.prove_on(cluster, kind, proving.night("local", said.append), said.append)
    assert [table for table in proof.tables if not table.is_exact] == []
    assert len(proof.tables) > 70
    assert proof.left_over == ()
    assert any("killed with -9" in line for line in said)
    assert cluster.workers[0].poll() is not None
    assert not [path for path in (place / kind / "engine").rglob("*") if "private" in path.parts]


def test_a_cluster_that_is_not_there_is_refused_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("pipelines.engine.mapping.SECONDS_TO_CONNECT", 0.3)
    began_at = time.monotonic()
    with (
        pytest.raises(InstallationError, match="cannot be reached"),
        engine(EngineSettings("dask", "tcp://127.0.0.1:9")),
    ):
        pass
    assert time.monotonic() - began_at < 30


def test_there_is_no_cluster_of_an_engine_without_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Name dask or spark"), local_cluster("local", 2, tmp_path):
        pass
