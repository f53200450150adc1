"""Writing what is shared: a new file or folder, whole or not at all, its owner's alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import UsageError


def check_place(place: Path, suffix: str = "") -> None:
    """Raise UsageError unless `place` can be made new: nothing is there, its folder is, and it is named with `suffix`."""
    if suffix and place.suffix != suffix:
        raise UsageError(f"{place.name}: this is written as {suffix}. Name it so")
    if place.exists() or place.is_symlink():
        raise UsageError(f"{place.name} is there already. Choose another name; nothing is written over")
    if not place.absolute().parent.is_dir():
        raise UsageError(f"the folder of {place.name} is not there. Make it first")


@contextmanager
def written_whole(place: Path) -> Iterator[Path]:
    """A place beside `place` to write the file or folder to; at the end it becomes `place`, after an error nothing is left."""
    aside = place.absolute().with_name(f".{place.name}.writing")
    _remove(aside)
    try:
        yield aside
        aside.rename(place)
    finally:
        _remove(aside)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
