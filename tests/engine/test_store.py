from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipelines.engine.store import RUNS, Store, try_out
from pipelines.errors import InstallationError, StoreUnusable

from .object_store import object_store


@pytest.fixture(params=["folder", "url", pytest.param("s3", marks=pytest.mark.ci)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "s3":
        with object_store(tmp_path) as bucket:
            yield Store(f"{bucket}/stepcare")
        return
    root = tmp_path / "store"
    root.mkdir()
    yield Store(str(root) if request.param == "folder" else f"file://{root}")


def _file(folder: Path, text: str) -> Path:
    path = folder / "written"
    path.write_text(text)
    return path


def test_what_is_put_can_be_read_under_its_name_and_the_later_one_stands(store: Store, tmp_path: Path) -> None:
    for text in ("first", "second"):
        store.put(_file(tmp_path, text), "split/exam/00001.parquet")
    assert store.names("split") == ["split/exam/00001.parquet"]
    assert store.read("split/exam/00001.parquet", tmp_path).read_text() == "second"
    assert not (tmp_path / "written").exists()


def test_a_removed_folder_is_gone_and_others_stay(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path, "a"), "runs/one/a")
    store.put(_file(tmp_path, "b"), "runs/two/b")
    store.remove("runs/one")
    store.remove("runs/never")
    assert store.names("runs") == ["runs/two/b"]
    store.remove_file("runs/two/b")
    assert store.names("") == []


def test_a_store_that_works_is_tried_out_and_left_as_it_was(store: Store) -> None:
    try_out(store.root)
    assert store.names("") == []


def test_what_is_wrong_with_a_store_is_told_without_the_name_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match=r"cannot be used \(FileNotFoundError\)") as found:
        Store(f"file://{tmp_path}").read("split/clinic-4711", tmp_path / "into")
    assert "4711" not in str(found.value)


def test_a_private_folder_is_gone_when_its_task_is_over(store: Store) -> None:
    with store.private_folder("run") as folder:
        _file(folder, "spilled")
    assert not folder.exists()


def test_what_a_killed_task_left_in_a_folder_lies_under_its_run(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with store.private_folder("run") as folder:
        assert folder.is_relative_to(tmp_path / RUNS / "run")
        assert folder.stat().st_mode & 0o077 == 0


def test_a_store_whose_package_is_not_installed_is_refused_with_its_remedy() -> None:
    pytest.importorskip("fsspec")
    if find_spec("s3fs"):
        pytest.skip("s3fs is installed")
    with pytest.raises(InstallationError, match="pip install s3fs"):
        Store("s3://bucket/stepcare").names("")
