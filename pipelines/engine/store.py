"""The place that every machine of an engine reaches under the same name: a folder, or an object store through fsspec.

A folder is read and written where it is. Of an object store a task fetches what it reads into a private folder and puts what it
wrote there whole, so that DuckDB itself reaches no network.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from pipelines.errors import InstallationError, StoreUnusable

PRIVATE = 0o700
RUNS = "runs"
SPLIT = "split"
_PREFIX = "stepcare-task-"
_WITHOUT_FOLDERS = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})
"""Object stores: a name needs no folder there. Asked for one, s3fs would make the bucket that a misspelt name means."""

_TIMES_TO_REMOVE = 3


@dataclass(frozen=True)
class Store:
    """Files by name below a root; names use `/`."""

    root: str

    @property
    def is_remote(self) -> bool:
        """Whether the root is a URL of fsspec rather than a folder."""
        return "://" in self.root

    def folder(self, name: str) -> Path:
        """A folder of a store that is one, made if absent and its owner's alone."""
        path = Path(self.root, name)
        path.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        return path

    @contextmanager
    def private_folder(self, run: str) -> Iterator[Path]:
        """An empty folder for one task's own files, removed on the way out.

        In a store that is a folder it lies there, under the run, where the one who asked finds what a killed worker left.
        """
        within = None if self.is_remote else self.folder(f"{RUNS}/{run}/private")
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=within))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def read(self, name: str, into: Path) -> Path:
        """The file as one of this machine: itself, or fetched into the folder `into`."""
        if not self.is_remote:
            return Path(self.root, name)
        place = into / name.replace("/", "--")
        with self._reached() as (fs, root):
            fs.get_file(f"{root}/{name}", str(place))
        return place

    def put(self, file: Path, name: str) -> None:
        """Make the file `file` the store's `name`, whole or not at all; `file` is gone afterwards.

        Twice the same name is no fault: the later one stands.
        """
        if self.is_remote:
            with self._reached() as (fs, root):
                if self.root.partition("://")[0] not in _WITHOUT_FOLDERS:
                    fs.makedirs(str(PurePosixPath(root, name).parent), exist_ok=True)
                fs.put_file(str(file), f"{root}/{name}")
            file.unlink()
            return
        self.folder(str(PurePosixPath(name).parent))
        file.replace(Path(self.root, name))

    def names(self, under: str) -> list[str]:
        """The names of all files under a folder of the store, sorted."""
        if self.is_remote:
            with self._reached() as (fs, root):
                found = [str(path) for path in fs.find(f"{root}/{under}", withdirs=False)]
            return sorted(path[len(root) :].lstrip("/") for path in found if not path.endswith("/"))
        base = Path(self.root, under)
        return sorted(str(path.relative_to(self.root)) for path in base.rglob("*") if path.is_file())

    def remove(self, under: str) -> None:
        """Remove a folder of the store and all in it, out of the way in one step first where it is a folder.

        Raises StoreUnusable when something stays: S3 may answer that all went well and refuse single files, and s3fs says nothing.
        """
        if self.is_remote:
            for _ in range(_TIMES_TO_REMOVE):
                with self._reached() as (fs, root):
                    if not fs.exists(f"{root}/{under}"):
                        return
                    fs.rm(f"{root}/{under}", recursive=True)
            if left := self.names(under):
                raise StoreUnusable(
                    f"{len(left):,} files stay in the store {self.root}, though it took their removal. Allow its keys to delete"
                )
            return
        path = Path(self.root, under)
        if path.exists():
            aside = Path(self.root, f".removed-{uuid4().hex}")
            path.rename(aside)
            shutil.rmtree(aside)

    def remove_file(self, name: str) -> None:
        """Remove one file."""
        if self.is_remote:
            with self._reached() as (fs, root):
                fs.rm_file(f"{root}/{name}")
        else:
            Path(self.root, name).unlink()

    def clear_removed(self) -> None:
        """Remove what a killed `remove` left."""
        for path in Path(self.root).glob(".removed-*") if not self.is_remote else ():
            shutil.rmtree(path)

    @contextmanager
    def _reached(self) -> Iterator[tuple[Any, str]]:
        """The file system and the root in it, with nothing remembered: other machines write and remove there too.

        Within the block every error becomes StoreUnusable, which tells its type only: the text names files.
        """
        fs, root = self._filesystem()
        fs.invalidate_cache()
        try:
            yield fs, root
        except Exception as error:  # noqa: BLE001 (each file system has errors of its own)
            raise StoreUnusable(
                f"the store {self.root} cannot be used ({type(error).__name__}). Does it exist (the bucket is not made), can "
                "its server be reached, and may the keys of the environment list, read, write and delete there?"
            ) from None

    def _filesystem(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs

            fs, root = url_to_fs(self.root)
        except ImportError as error:
            raise InstallationError(
                f"the store {self.root} needs a package that is not installed ({error.name or error}). For S3: pip install s3fs"
            ) from None
        return fs, str(root).rstrip("/")


def try_out(root: str) -> None:
    """Write, list, read and remove a small file in the store at `root`, as a night does. Raises StoreUnusable when it cannot."""
    store, run = Store(root), f"check-{uuid4().hex}"
    name = f"{RUNS}/{run}/file"
    try:
        with store.private_folder(run) as folder:
            written = folder / "written"
            written.write_bytes(run.encode())
            store.put(written, name)
            if name not in store.names(f"{RUNS}/{run}") or store.read(name, folder).read_bytes() != run.encode():
                raise StoreUnusable(f"the store {root} does not show what was written there a moment ago")
    finally:
        store.remove(f"{RUNS}/{run}")
