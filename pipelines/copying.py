"""Copies of the published results for other tools: Parquet, or a DuckDB file that older versions can open."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.configuration import read_section
from pipelines.disk import full_disk_named
from pipelines.errors import UsageError

PARQUET = "parquet"
READ_BY_ANALYSTS = ("cohort", "checks", "estimates", "diagnostics", "self_checks", "report")
STORAGE_VERSIONS = {
    "v1.0.0": "DuckDB 1.0 and later",
    "v1.2.0": "DuckDB 1.2 and later",
    "v1.4.0": "DuckDB 1.4 and later",
}
"""DuckDB's name of a storage version, and what opens it (https://duckdb.org/docs/stable/internals/storage)."""


@dataclass(frozen=True)
class PublishedCopies:
    """The table `[published]` of stepcare.toml. `parquet`: each night publishes its tables as Parquet too, in `parquet/`."""

    parquet: bool = False


def published_copies(home: Path) -> PublishedCopies:
    """What stepcare.toml says of copies. Raises UsageError when it is wrong."""
    return read_section(home, "published", PublishedCopies)


def write_parquet(con: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Write the tables that analysts read to the new `folder`, one file each, `schema.table.parquet`; returns how many.

    The connection must be allowed to write there.
    """
    folder.mkdir(mode=0o700)
    tables = _tables(con)
    with full_disk_named(folder):
        for table in tables:
            place = literal(str(folder / f"{table}.parquet"))
            con.execute(f"copy {table} to {place} (format parquet, compression zstd)").fetchall()
    return len(tables)


def write_older_duckdb(con: duckdb.DuckDBPyConnection, file: Path, storage_version: str) -> int:
    """Write the tables that analysts read to the new DuckDB `file` in an older storage version; returns how many.

    Raises UsageError for a version that is none of STORAGE_VERSIONS. The connection must be allowed to write there.
    """
    if storage_version not in STORAGE_VERSIONS:
        raise UsageError(f"storage version {storage_version} is not written; there are {', '.join(STORAGE_VERSIONS)}")
    tables = _tables(con)
    with full_disk_named(file.parent):
        con.execute(
            f"attach {literal(str(file))} as copied (read_write, storage_version {literal(storage_version)})"
        ).fetchall()
        for schema in READ_BY_ANALYSTS:
            con.execute(f"create schema copied.{schema}").fetchall()
        for table in tables:
            con.execute(f"create table copied.{table} as select * from {table}").fetchall()
        con.execute("detach copied").fetchall()
    file.chmod(0o600)
    return len(tables)


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where list_contains($schemas, table_schema) and table_catalog = current_database() order by all",
        {"schemas": list(READ_BY_ANALYSTS)},
    ).fetchall()
    return [row[0] for row in rows]
