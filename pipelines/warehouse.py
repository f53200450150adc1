"""Opening DuckDB: one way in, hardened, closed whatever happens. Reading is of published generations only."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.casting import SQL_FOLDER, literal

MEMORY_LIMIT = "4GB"
IN_MEMORY = ":memory:"
# Known before a file is looked at: one that is no database must not send DuckDB looking for an extension that could read it.
_NOTHING_FOREIGN: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_extension_repositories": "forbidden",
    "allow_persistent_secrets": False,
}
SCHEMAS = ("raw", "clean", "cohort", "checks", "estimates", "diagnostics", "self_checks", "report")


@contextmanager
def open_warehouse(
    path: Path | str,
    *,
    read_only: bool = False,
    readable: tuple[Path, ...] = (),
    threads: int = 2,
    memory: str = MEMORY_LIMIT,
    bare: bool = False,
    as_of: str = "",
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the DuckDB file at `path`, with Stepcare's macros, closed on the way out.

    Outside access is limited to the folders in `readable` and, for writing, to the file's own folder; extensions are never
    loaded, the configuration is locked, no secret is kept and the time zone is UTC. Without a file nothing spills to the disk;
    `as_of` (UTC, ISO 8601) is the time whose knowledge `sql/clean` goes by; empty means all that is known.
    `bare` leaves schemas and macros out, which take longer to make than a small file takes to read.
    """
    is_new = not bare and (str(path) == IN_MEMORY or not Path(path).exists())
    con = duckdb.connect(str(path), read_only=read_only, config=_NOTHING_FOREIGN)
    try:
        own = () if str(path) == IN_MEMORY or read_only else (Path(path).resolve().parent,)
        _harden(con, path, (*readable, *own), threads, memory)
        if is_new:
            for schema in SCHEMAS:
                con.execute(f"create schema if not exists {schema}")
            con.execute((SQL_FOLDER / "macros.sql").read_text(encoding="utf-8"))
        con.execute("set lock_configuration = true")
        _know_until(con, as_of)
        yield con
    finally:
        con.close()


@contextmanager
def same_warehouse(kept: duckdb.DuckDBPyConnection, as_of: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """Another connection to what `kept` (of `open_warehouse`) has open, with its own temporary tables; closed on the way out."""
    con = kept.cursor()
    try:
        _know_until(con, as_of)
        yield con
    finally:
        con.close()


def _know_until(con: duckdb.DuckDBPyConnection, as_of: str) -> None:
    if as_of:
        con.execute(f"set variable as_of = timestamp {literal(as_of)}")


def open_calculator() -> duckdb.DuckDBPyConnection:
    """A connection in memory that reaches no file at all: to parse SQL, or to try an expression on a few values."""
    con = duckdb.connect(config=_NOTHING_FOREIGN)
    _harden(con, IN_MEMORY, (), 1, "1GB")
    con.execute("set lock_configuration = true")
    return con


def _harden(
    con: duckdb.DuckDBPyConnection, path: Path | str, folders: tuple[Path, ...], threads: int, memory: str
) -> None:
    names = ", ".join(literal(str(folder.resolve())) for folder in folders)
    spill = "" if str(path) == IN_MEMORY else str(Path(path).resolve().parent / "spill")
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set threads = {threads}")
    con.execute(f"set memory_limit = {literal(memory)}")
    con.execute(f"set temp_directory = {literal(spill)}")
    con.execute(f"set allowed_directories = [{names}]")
    con.execute("set enable_external_access = false")
