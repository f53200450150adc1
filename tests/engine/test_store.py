from pathlib import Path

import pytest

from pipelines.engine.store import RUNS, Store
from pipelines.errors import InstallationError


@pytest.fixture(params=["folder", "url"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    root = tmp_path / "store"
    root.mkdir()
    return Store(str(root) if request.param == "folder" else f"file://{root}")


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
    with pytest.raises(InstallationError, match="pip install s3fs"):
        Store("s3://bucket/stepcare").names("")
