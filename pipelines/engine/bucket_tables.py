"""The tables of one bucket as views over its Parquet files, in a DuckDB of the task's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.casting import SQL_FOLDER, literal
from pipelines.engine.store import Store
from pipelines.warehouse import open_warehouse


@dataclass(frozen=True)
class Source:
    """A table that a task reads: its name, its columns with their types in the warehouse, and the names of its files."""

    table: str
    columns: tuple[tuple[str, str], ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Bucket:
    """What a task needs to know of its bucket: the store, the run, what it may read, and what DuckDB may use."""

    store: str
    run: str
    sources: tuple[Source, ...]
    memory: str
    as_of: str = ""


@contextmanager
def open_bucket(bucket: Bucket) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A connection where every source is a view, and the task's private folder, both gone on the way out.

    One thread, a stated memory, and a place of its own to spill to: DuckDB takes the whole machine to be its own otherwise.
    """
    store = Store(bucket.store)
    with store.private_folder(bucket.run) as folder:
        files = {name: store.read(name, folder) for source in bucket.sources for name in source.files}
        root = () if store.is_remote else (Path(bucket.store),)
        with open_warehouse(
            folder / "bucket.duckdb", readable=root, threads=1, memory=bucket.memory, as_of=bucket.as_of, bare=True
        ) as con:
            con.execute("begin transaction")  # one commit for all of it: each waits for the disk
            con.execute((SQL_FOLDER / "macros.sql").read_text(encoding="utf-8"))
            for schema in sorted({source.table.partition(".")[0] for source in bucket.sources}):
                con.execute(f"create schema {schema}")
            for source in bucket.sources:
                con.execute(f"create view {source.table} as {_select(source, files)}")
            con.execute("commit")
            yield con, folder


def _select(source: Source, files: dict[str, Path]) -> str:
    """The rows of a source with the warehouse's own types, which Parquet does not always keep."""
    if not source.files:
        nothing = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in source.columns)
        return f"select {nothing} limit 0"
    columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in source.columns)
    listed = ", ".join(literal(str(files[name])) for name in source.files)
    return f"select {columns} from read_parquet([{listed}], hive_partitioning = false)"
