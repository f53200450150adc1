"""Opening DuckDB: one way in, hardened, closed whatever happens. Reading is of published generations only."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.casting import SQL_FOLDER, literal

MEMORY_LIMIT = "4GB"
SCHEMAS = ("raw", "clean", "cohort", "checks", "estimates", "report")


@contextmanager
def open_warehouse(
    path: Path | str,
    *,
    read_only: bool = False,
    readable: tuple[Path, ...] = (),
    threads: int = 2,
    memory: str = MEMORY_LIMIT,
    bare: bool = False,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the DuckDB file at `path`, with Stepcare's macros, closed on the way out.

    Outside access is limited to the file's own folder and the folders in `readable`, extensions are never loaded, the
    configuration is locked, no secret is kept and the time zone is UTC. Without a file nothing spills to the disk; `bare` leaves
    schemas and macros out, which take longer to make than a small file takes to read.
    """
    is_new = not bare and (str(path) == ":memory:" or not Path(path).exists())
    con = duckdb.connect(str(path), read_only=read_only)
    try:
        _harden(con, path, readable, threads, memory)
        if is_new:
            for schema in SCHEMAS:
                con.execute(f"create schema if not exists {schema}")
            con.execute((SQL_FOLDER / "macros.sql").read_text(encoding="utf-8"))
        con.execute("set lock_configuration = true")
        yield con
    finally:
        con.close()


def _harden(
    con: duckdb.DuckDBPyConnection, path: Path | str, readable: tuple[Path, ...], threads: int, memory: str
) -> None:
    folders = [folder.resolve() for folder in readable]
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set threads = {threads}")
    con.execute(f"set memory_limit = {literal(memory)}")
    con.execute("set allow_persistent_secrets = false")
    con.execute("set temp_directory = ''")
    if str(path) != ":memory:":
        home = Path(path).resolve().parent
        folders.append(home)
        con.execute(f"set temp_directory = {literal(str(home / 'spill'))}")
    names = ", ".join(literal(str(folder)) for folder in folders)
    con.execute(f"set allowed_directories = [{names}]")
    con.execute("set enable_external_access = false")
