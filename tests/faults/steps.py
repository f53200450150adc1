"""Counts the steps of a process that change what is on disk, and acts before one of them. Stepcare knows nothing of it.

A step is what Python's audit events and a few wrapped functions tell: a file opened for writing, a rename, a link, a removal,
a folder made, a change of rights, a copy, an fsync, a statement to DuckDB or SQLite, a commit. To be killed before step n + 1
is to be killed after step n.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

_AUDITED = {
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.truncate",
    "shutil.copyfile",
    "shutil.rmtree",
    "sqlite3.connect",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Steps:
    """The steps so far; `act` is called once, before step number `at` (the first is 1) or the first with `said` in its name."""

    def __init__(self, at: int | None, act: Callable[[str], None], said: str = "") -> None:
        self.names: list[str] = []
        self._at, self._said, self._act, self._has_acted = at, said, act, False
        self._is_acting = False

    def happen(self, name: str) -> None:
        if self._is_acting:
            return
        self.names.append(name)
        if not self._has_acted and (len(self.names) == self._at or (self._said and self._said in name)):
            self._has_acted = self._is_acting = True
            self._act(name)
            self._is_acting = False


def kill(_: str) -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def fill_disk(folder: Path) -> None:
    """Leave no byte free on the disk of `folder`; the file `filler` there is what to remove."""
    with (folder / "filler").open("wb", buffering=0) as filler:
        for size in (1 << 20, 4096):
            try:
                while True:
                    filler.write(bytes(size))
            except OSError:
                continue


def count(steps: Steps) -> None:
    """Count the steps of this process from here on."""

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _AUDITED:
            steps.happen(f"{event} {_named(arguments)}")
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
            steps.happen(f"open {_named(arguments)}")

    _wrap_fsync(steps)
    _wrap_duckdb(steps)
    _wrap_sqlite(steps)
    sys.addaudithook(heard)


def _named(arguments: tuple[Any, ...]) -> str:
    first = next((argument for argument in arguments if isinstance(argument, (str, bytes, os.PathLike))), "")
    path = Path(os.fsdecode(first))
    return "/".join(part if len(part) < 40 else part[:6] for part in path.parts[-2:])


def _wrap_fsync(steps: Steps) -> None:
    fsync = os.fsync

    def counted(descriptor: Any) -> None:
        steps.happen("fsync")
        fsync(descriptor)

    os.fsync = counted


def _wrap_duckdb(steps: Steps) -> None:
    connect = duckdb.connect

    def connected(*arguments: Any, **named: Any) -> duckdb.DuckDBPyConnection:
        steps.happen("duckdb connect")
        return connect(*arguments, **named)

    duckdb.connect = connected
    for name in ("execute", "executemany", "close"):
        setattr(duckdb.DuckDBPyConnection, name, _counted(steps, name, getattr(duckdb.DuckDBPyConnection, name)))


def _counted(steps: Steps, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def counted(con: Any, *arguments: Any, **named: Any) -> Any:
        said = " ".join(str(arguments[0]).split())[:60] if arguments else ""
        if not said.lower().startswith(("select", "set ", "describe")):
            steps.happen(f"duckdb {name} {said}")
        return method(con, *arguments, **named)

    return counted


def _wrap_sqlite(steps: Steps) -> None:
    class Counted(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            if not sql.lower().startswith("select"):
                steps.happen(f"sqlite {' '.join(sql.split())[:40]}")
            return super().execute(sql, *arguments)

        def __exit__(self, *raised: Any) -> Any:
            steps.happen("sqlite commit")
            return super().__exit__(*raised)

    connect = sqlite3.connect
    sqlite3.connect = lambda *arguments, **named: connect(*arguments, **{"factory": Counted, **named})  # type: ignore[assignment]
