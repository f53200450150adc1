"""What a published night says, as hashes: how a night that was made again from a backup is compared with the one that was."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet

from pipelines.effect_history import effects_of
from pipelines.generations import REPORTS, WAREHOUSE, Generation, read_generation
from pipelines.model_history import past_of
from pipelines.quality.history import history_of, history_source
from pipelines.reporting.sections import TABLES as SECTION_TABLES
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

_OF_ANALYSTS = tuple(f"report.{name}" for name in SECTION_TABLES)
"""What analysts' own files made: those are in no backup, and so a night that is made again has none of it."""
_STAMPS = ("made_at", "run_id")
"""What a report is stamped with that another run on the same deliveries does not repeat."""


@dataclass(frozen=True)
class Fingerprint:
    """SHA-256 of every table of `report.*` and of every page's model without its stamps, by name."""

    generation: str
    code_hash: str
    tables: dict[str, str]
    pages: dict[str, str]


def fingerprint_of(folder: Path) -> Fingerprint:
    """The fingerprint of the generation in `folder`. Raises duckdb.Error when its warehouse cannot be read."""
    generation: Generation = read_generation(folder)
    with open_warehouse((folder / WAREHOUSE).resolve(), read_only=True) as con:
        tables = {name: _rows_hash(con, name) for name in _report_tables(con) if name not in _OF_ANALYSTS}
    pages = {
        str(path.relative_to(folder / REPORTS)): _model_hash(path)
        for path in sorted((folder / REPORTS).rglob("*.json"))
    }
    return Fingerprint(generation.name, generation.code_hash, tables, pages)


def differences(first: Fingerprint, second: Fingerprint) -> list[str]:
    """The tables and pages that are not the same in both, by name; empty when the two say the same."""
    found = []
    for kind, one, other in (("table", first.tables, second.tables), ("page", first.pages, second.pages)):
        names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
        found += [f"{kind} {name}" for name in names]
    return found


def report_parquet(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(name, Parquet file) of every table of `report.*` of the generation in `folder`; aggregates, so small."""
    with open_warehouse((folder / WAREHOUSE).resolve(), read_only=True) as con:
        for name in _report_tables(con):
            yield name.removeprefix("report."), _parquet(con.sql(f"select * from {name}").to_arrow_table())


def history_parquet(settings: Settings) -> bytes | None:
    """The past of every check as Parquet: counts that no night can make again from the store; None when there is no past."""
    return _past(settings, history_of)


def models_parquet(settings: Settings) -> bytes | None:
    """How good the models were on past nights as Parquet; None when there is no past."""
    return _past(settings, past_of)


def effects_parquet(settings: Settings) -> bytes | None:
    """How every effect stood and moved on past nights as Parquet; None when there is no past."""
    return _past(settings, effects_of)


def _past(settings: Settings, read: Callable[[duckdb.DuckDBPyConnection, Path], pa.Table | None]) -> bytes | None:
    source = history_source(settings)
    if source is None:
        return None
    with open_warehouse(":memory:", readable=(source.parent,)) as con:
        past = read(con, source)
    return None if past is None else _parquet(past)


def _parquet(table: pa.Table) -> bytes:
    buffer = pa.BufferOutputStream()
    pa.parquet.write_table(table, buffer)
    return bytes(buffer.getvalue().to_pybytes())


def _report_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select table_name from information_schema.tables where table_schema = 'report' order by table_name"
    ).fetchall()
    return [f"report.{row[0]}" for row in rows]


def _rows_hash(con: duckdb.DuckDBPyConnection, table: str) -> str:
    return hashlib.sha256(repr(con.execute(f"select * from {table} order by all").fetchall()).encode()).hexdigest()


def _model_hash(path: Path) -> str:
    model = json.loads(path.read_text(encoding="utf-8"))
    for stamp in _STAMPS:
        model["stamp"].pop(stamp)
    return hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()
