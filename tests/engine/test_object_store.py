"""The store on S3 itself: what only an object store does."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pipelines.engine.clusters import local_cluster
from pipelines.engine.folds import fits_on
from pipelines.engine.proving import Proving
from pipelines.engine.settings import EngineSettings
from pipelines.engine.store import Store
from pipelines.errors import StoreUnusable
from pipelines.synthetic import simulate

from .object_store import BUCKET, client, keys, object_store
from .serial import serial

pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with object_store(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture
def store(bucket: str) -> Iterator[Store]:
    for key in keys():
        client().delete_object(Bucket=BUCKET, Key=key)
    yield Store(f"{bucket}/stepcare")
    client().delete_bucket_policy(Bucket=BUCKET)


def _put(store: Store, folder: Path, name: str) -> None:
    (folder / "written").write_text(name)
    store.put(folder / "written", name)


def test_what_another_machine_wrote_since_the_store_was_listed_is_removed(store: Store, tmp_path: Path) -> None:
    _put(store, tmp_path, "runs/one/a")
    assert store.names("") == ["runs/one/a"]
    client().put_object(Bucket=BUCKET, Key="stepcare/runs/two/b", Body=b"b")
    store.remove("runs/two")
    assert keys() == ["stepcare/runs/one/a"]


def test_a_run_whose_name_begins_as_another_one_stays(store: Store, tmp_path: Path) -> None:
    for name in ("runs/one/a", "runs/one-more/a"):
        _put(store, tmp_path, name)
    assert store.names("runs/one") == ["runs/one/a"]
    store.remove("runs/one")
    assert keys() == ["stepcare/runs/one-more/a"]


def test_what_a_console_puts_for_a_folder_is_no_file(store: Store, tmp_path: Path) -> None:
    for key in ("stepcare/", "stepcare/split/"):
        client().put_object(Bucket=BUCKET, Key=key, Body=b"")
    _put(store, tmp_path, "split/a")
    assert store.names("") == store.names("split") == ["split/a"]


def test_more_files_than_one_request_removes_are_listed_and_removed(store: Store) -> None:
    for number in range(1001):
        client().put_object(Bucket=BUCKET, Key=f"stepcare/runs/one/{number:04d}", Body=b"")
    assert len(store.names("runs")) == 1001
    store.remove("runs")
    assert keys() == []


def test_a_file_of_many_requests_arrives_whole(store: Store, tmp_path: Path) -> None:
    with (tmp_path / "written").open("wb") as file:
        file.truncate(101 * 2**20)
    store.put(tmp_path / "written", "runs/large")
    assert store.read("runs/large", tmp_path).stat().st_size == 101 * 2**20


def test_a_removal_that_the_server_refuses_in_its_answer_is_not_taken_for_done(store: Store, tmp_path: Path) -> None:
    refused = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    _put(store, tmp_path, "runs/one/a")
    client().put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [refused]}))
    with pytest.raises(StoreUnusable, match="1 files stay"):
        store.remove("runs")


def test_a_bucket_whose_name_is_misspelt_is_refused_and_not_made(store: Store, tmp_path: Path) -> None:
    misspelt = Store("s3://stepcare-tset/stepcare")
    with pytest.raises(StoreUnusable, match="the bucket is not made"):
        _put(misspelt, tmp_path, "runs/one/a")
    with pytest.raises(StoreUnusable, match="FileNotFoundError"):
        misspelt.names("split")
    assert [bucket["Name"] for bucket in client().list_buckets()["Buckets"]] == [BUCKET]


def test_fits_fetch_their_arrays_from_it_and_leave_nothing(store: Store) -> None:
    numbers = np.arange(10_000.0)
    fits = fits_on(EngineSettings(engine="dask", store=store.root), "run", lambda: serial)
    assert [float(found[1]) for found in fits(partial(np.multiply, numbers), [3, 1, 2])] == [3, 1, 2]
    assert keys() == []


def test_a_night_on_dask_with_its_store_on_s3_is_the_one_made_here_and_leaves_nothing(
    store: Store, tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    simulate(tmp_path / "inbox", episodes=60, clinics=2, world="uniform", seed=20261130, dirt=0.03)
    said: list[str] = []
    proving = Proving(
        tmp_path, tmp_path / "inbox", buckets=2, is_whole=False, is_killing=True, store=f"{store.root}/parity"
    )
    with local_cluster("dask", 2, tmp_path / "cluster") as cluster:
        proof = proving.prove_on(cluster, "dask", proving.night("local", said.append), said.append)
    assert [table for table in proof.tables if not table.is_exact] == []
    assert len(proof.tables) > 70
    assert proof.left_over == ()
    assert any("killed with -9" in line for line in said)
    assert keys() == []
