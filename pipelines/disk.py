"""Errors of the disk: told from errors of what was read, and turned into what a person can act on, with the space that is free.

Until here a full disk is an OSError, or an error of SQLite or DuckDB, whoever met it first.
"""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import InstallationError, NightFailed, StepcareError

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_STAYS = "Nothing was published and the last good results stay"


def is_full(error: BaseException) -> bool:
    """Whether the error says that the disk, a quota or a limit on a file's size left no room."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    said = str(error)
    return "No space left" in said or "File too large" in said or "database or disk is full" in said


def raise_if_full(error: Exception) -> None:
    """Raise the error again when the disk is full: what was being read is not to blame, and is not to be refused for it."""
    if is_full(error):
        raise error


def free_bytes(place: Path) -> int:
    """Bytes that are free on the disk of `place`, or of the folder it would be made in."""
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def full_error(home: Path) -> NightFailed:
    """What a night ends with that ran out of room."""
    return NightFailed(
        f"the disk is full: {free_bytes(home) / 1e9:.2f} GB are free where {home} lies. {_STAYS}. "
        "Free some space and run it again"
    )


def cannot_be_written(place: Path, said: str) -> InstallationError:
    """What a night ends with that may not write to a folder or file of the home; `said` is how that was found out."""
    return InstallationError(
        f"{place} cannot be written ({said}). Give the user that runs Stepcare the right to write there. {_STAYS}"
    )


@contextmanager
def full_disk_named(home: Path) -> Iterator[None]:
    """Turn an error that says the disk is full into NightFailed with the space that is free; every other passes."""
    try:
        yield
    except Exception as error:
        if isinstance(error, StepcareError) or not is_full(error):
            raise
        raise full_error(home) from None


@contextmanager
def disk_errors_named(home: Path) -> Iterator[None]:
    """Turn an error of the disk inside the block into one that a person can act on; every other passes as it is.

    Raises NightFailed with the space that is free, or InstallationError when a folder of the home cannot be written.
    """
    try:
        yield
    except StepcareError:
        raise
    except Exception as error:
        named = _named(home, error)
        if named is None:
            raise
        raise named from None


def _named(home: Path, error: Exception) -> StepcareError | None:
    """The error for a person, or None when no error of the disk is behind this one."""
    for one in _behind(error):
        if is_full(one):
            return full_error(home)
        if isinstance(one, (OSError, sqlite3.OperationalError)):
            return _cannot_be_written(home, one) or NightFailed(
                f"the disk or a lock: {_said(one)}; {free_bytes(home) / 1e9:.2f} GB are free where {home} lies. {_STAYS}. "
                "Look at the disk and run it again"
            )
    return None


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    """The error itself, and those that it wraps or comes from (SQLAlchemy keeps SQLite's in `orig`)."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__


def _cannot_be_written(home: Path, error: OSError | sqlite3.OperationalError) -> InstallationError | None:
    if isinstance(error, OSError):
        is_refused, place = error.errno in _READ_ONLY, Path(str(error.filename or home))
    else:
        is_refused, place = any(said in str(error) for said in ("readonly", "unable to open")), home
    if not is_refused or not place.is_relative_to(home):
        return None
    return cannot_be_written(place, _said(error))


def _said(error: OSError | sqlite3.OperationalError) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
