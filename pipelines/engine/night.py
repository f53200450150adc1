"""The patient-scope tables of a night on its engine: split, made in every bucket, and read into the warehouse."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pipelines.casting import literal
from pipelines.engine.bucket_tables import Bucket, Source
from pipelines.engine.mapping import Pmap
from pipelines.engine.models import ModelTask, run_model
from pipelines.engine.settings import EngineSettings
from pipelines.engine.splitting import Files, split_raw
from pipelines.engine.store import RUNS, Store
from pipelines.tables import SqlFile, count_rows, materialize, sql_files

_INDEX = "split.json"
_SCHEMAS = ("clean", "cohort")
"""The schemas whose patient-scope tables are made in buckets."""


class EngineNight:
    """What one run has in the store, and how its tables are made there. Nothing of it is seen outside the run."""

    def __init__(self, settings: EngineSettings, run: str, pmap: Pmap) -> None:
        self.settings, self.run, self.pmap = settings, run, pmap
        self.store = Store(settings.store)

    def materialize(self, con: duckdb.DuckDBPyConnection, file: SqlFile) -> int:
        """Replace the file's table in the warehouse; returns its rows.

        A patient-scope file runs in every bucket. One whose tables were not made by this run (it remakes a few tables of a
        published night) and every global one run here, as they always do.
        """
        if file.scope != "patient" or not self._is_split(file):
            return materialize(con, file)
        buckets, files = self.split(con)
        targets = [f"{self._place(file.table)}/{number:05d}.parquet" for number in range(buckets)]
        tasks = [
            ModelTask(bucket, file.text, target)
            for bucket, target in zip(self.buckets(con, file.reads, buckets, files), targets, strict=True)
        ]
        self.pmap(run_model, tasks)
        with self.scratch(con) as folder:
            made = ", ".join(literal(str(self.store.read(target, folder))) for target in targets)
            con.execute(f"create schema if not exists {file.schema}")
            con.execute(f"create or replace table {file.table} as from (\n{file.text}\n) limit 0").fetchall()
            con.execute(f"insert into {file.table} by name select * from read_parquet([{made}])").fetchall()
        return count_rows(con, file.table)

    def split(self, con: duckdb.DuckDBPyConnection) -> tuple[int, Files]:
        """The number of buckets and the files of `raw.*`, split when this run has not done it yet."""
        name = f"{RUNS}/{self.run}/{_INDEX}"
        with self.scratch(con) as folder:
            if name in self.store.names(f"{RUNS}/{self.run}"):
                said = json.loads(self.store.read(name, folder).read_text(encoding="utf-8"))
                files = {t: {int(number): names for number, names in by.items()} for t, by in said["files"].items()}
                return int(said["buckets"]), files
            buckets, files = split_raw(con, self.settings, self.run, folder)
            written = folder / _INDEX
            written.write_text(json.dumps({"buckets": buckets, "files": files}), encoding="utf-8")
            self.store.put(written, name)
        return buckets, files

    def buckets(
        self, con: duckdb.DuckDBPyConnection, tables: Sequence[str], buckets: int, files: Files
    ) -> list[Bucket]:
        """Each bucket with what it reads: its own files of tables that are split, and the whole of the others."""
        made = set(self.store.names(f"{RUNS}/{self.run}"))
        found: list[list[Source]] = [[] for _ in range(buckets)]
        for table in tables:
            columns = tuple((str(row[0]), str(row[1])) for row in con.execute(f"describe {table}").fetchall())
            shared = "" if table in files or self._is_made(table, made) else self._share(con, table)
            for number, sources in enumerate(found):
                if table in files:
                    names = tuple(files[table].get(number, ()))
                else:
                    names = (shared or f"{self._place(table)}/{number:05d}.parquet",)
                sources.append(Source(table, columns, names))
        ((as_of,),) = con.execute("select getvariable('as_of')").fetchall()
        told = Bucket(self.settings.store, self.run, (), self.settings.memory_per_task, str(as_of or ""))
        return [replace(told, sources=tuple(sources)) for sources in found]

    @contextmanager
    def scratch(self, con: duckdb.DuckDBPyConnection) -> Iterator[Path]:
        """A folder that the warehouse's connection may write to, in the store where that is a folder."""
        if not self.store.is_remote:
            with self.store.private_folder(self.run) as folder:
                yield folder
            return
        with TemporaryDirectory(dir=warehouse_folder(con)) as name:
            yield Path(name)

    def _place(self, table: str) -> str:
        return f"{RUNS}/{self.run}/{table}"

    def _is_made(self, table: str, made: set[str]) -> bool:
        return f"{self._place(table)}/00000.parquet" in made

    def _is_split(self, file: SqlFile) -> bool:
        """Whether all that the file reads can be had in buckets: delivered rows always, tables when this run made them so."""
        made = set(self.store.names(f"{RUNS}/{self.run}"))
        return all(self._is_made(table, made) for table in file.reads if table in _patient_tables())

    def _share(self, con: duckdb.DuckDBPyConnection, table: str) -> str:
        """Write a table of all patients for the buckets to read; returns its name. It is small: clinics, files, practitioners."""
        name = f"{RUNS}/{self.run}/shared/{table}.parquet"
        with self.scratch(con) as folder:
            written = folder / "shared.parquet"
            con.execute(f"copy (from {table}) to {literal(str(written))} (format parquet)").fetchall()
            self.store.put(written, name)
        return name


@cache
def _patient_tables() -> frozenset[str]:
    return frozenset(file.table for schema in _SCHEMAS for file in sql_files(schema) if file.scope == "patient")


def warehouse_folder(con: duckdb.DuckDBPyConnection) -> Path:
    """The folder that the connection's file lies in: the run's own, named for it."""
    rows = con.execute("select path from duckdb_databases() where database_name = current_database()").fetchall()
    return Path(rows[0][0]).parent
