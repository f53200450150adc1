from pathlib import Path

import pytest

from pipelines.engine.settings import EngineSettings, buckets_for, read_engine
from pipelines.errors import UsageError


def test_without_a_setting_the_night_stays_on_this_machine_and_is_not_split(tmp_path: Path) -> None:
    said = read_engine(tmp_path)
    assert (said.engine, said.is_split, said.folders) == ("local", False, ())


def test_a_cluster_is_read_from_stepcare_toml(tmp_path: Path) -> None:
    (tmp_path / "stepcare.toml").write_text(
        '[engine]\nengine = "dask"\nengine_address = "tcp://10.0.0.5:8786"\nbuckets = 64\nstore = "/mnt/shared"\n'
    )
    said = read_engine(tmp_path)
    assert said == EngineSettings("dask", "tcp://10.0.0.5:8786", 64, "/mnt/shared")
    assert said.is_split
    assert said.folders == (Path("/mnt/shared"),)


def test_the_store_of_a_url_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "stepcare.toml").write_text('[engine]\nbuckets = 4\nstore = "s3://bucket/stepcare"\n')
    assert read_engine(tmp_path).is_remote
    assert read_engine(tmp_path).folders == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('engine = "ray"', "none of local, dask, spark"),
        ('engine = "spark"', "lacks engine_address"),
        ("buckets = -1", "below 0"),
        ("bucket = 3", "no setting bucket"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "stepcare.toml").write_text(f"[engine]\n{written}\n")
    with pytest.raises(UsageError, match=said):
        read_engine(tmp_path)


@pytest.mark.parametrize(("n_sessions", "buckets"), [(0, 8), (8_000_000, 8), (9_000_000, 16), (1_000_000_000, 1024)])
def test_buckets_grow_by_doubling_so_that_they_seldom_change(n_sessions: int, buckets: int) -> None:
    assert buckets_for(EngineSettings("dask", "tcp://x"), n_sessions) == buckets


def test_buckets_that_are_set_are_taken() -> None:
    assert buckets_for(EngineSettings(buckets=5), 10**9) == 5
