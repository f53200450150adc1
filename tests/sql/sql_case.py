"""A YAML case of a SQL model: given rows in, expected rows out. Here is how a case is read, run and compared.

A case lies in `cases/<schema>.<table>/<what_it_says>.yaml`:

    given:
        clean.intake: [{episode_key: e1, nprs_leg_avg: 6}]
    expect: [{episode_key: e1, main_site: leg}]
    where: episode_key = 'e1'    (only when the case speaks of some of the model's rows)

Columns that a given row does not name are NULL, and a NULL value of a clean table has the reason `a` unless the row
says otherwise. Tables that are not given are built from those that are, by their own SQL,
and those that Python writes are empty. Only the columns that an
expected row names are compared, row by row, in the order of the model's key.
"""

import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.case_mix.tables import CASE_MIX_TABLES
from pipelines.casting import SQL_FOLDER
from pipelines.causal.fairness import FAIRNESS_COLUMNS
from pipelines.causal.stability import STABILITY_COLUMNS
from pipelines.causal.tables import (
    EFFECT_COLUMNS,
    IMPROVEMENT_CURVE_COLUMNS,
    IMPROVEMENT_EFFECT_COLUMNS,
    NATURAL_COURSE_COLUMNS,
    PROTOCOL_COLUMNS,
    REGIME_COLUMNS,
    SENSITIVITY_COLUMNS,
    SESSION_COURSE_COLUMNS,
    TRIAL_TABLES,
)
from pipelines.contracts import FEEDS, Feed
from pipelines.deliveries.load import create_raw_tables
from pipelines.evidence.figures import PUBLISHED_FIGURE_COLUMNS
from pipelines.prognosis.tables import (
    CALIBRATION_COLUMNS,
    CURVE_COLUMNS,
    PERFORMANCE_COLUMNS,
    POINTS_COLUMNS,
    RISKS_COLUMNS,
)
from pipelines.quality.results import COLUMNS as CHECK_COLUMNS
from pipelines.robustness.tables import (
    CONCERN_COLUMNS,
    CONFOUNDING_TABLES,
    SPECIFICATION_COLUMNS,
    WEIGHTING_TABLES,
)
from pipelines.self_check.tables import SELF_CHECK_TABLES
from pipelines.tables import SqlFile, in_order, materialize, read_sql_file
from pipelines.warehouse import open_warehouse

CASES_FOLDER = Path(__file__).parent / "cases"
_SQL_TYPES = {"object": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE", "bool": "BOOLEAN"}
NOTICE_COLUMNS = {
    "estimates.notices": {
        **dict.fromkeys(("trial", "outcome", "model", "figure"), "VARCHAR"),
        **dict.fromkeys(("value_before", "value_now"), "DOUBLE"),
        "notice": "VARCHAR",
    }
}
ESTIMATES = {name: columns for name, (columns, _) in TRIAL_TABLES.items()} | {
    "natural_course": NATURAL_COURSE_COLUMNS,
    "improvement_curves": IMPROVEMENT_CURVE_COLUMNS,
    "improvement_effects": IMPROVEMENT_EFFECT_COLUMNS,
    "sessions_to_improvement": SESSION_COURSE_COLUMNS,
    "dose_effects": EFFECT_COLUMNS,
    "regimes": REGIME_COLUMNS,
    "sensitivity": SENSITIVITY_COLUMNS,
    "protocols": PROTOCOL_COLUMNS,
    "prognosis_performance": PERFORMANCE_COLUMNS,
    "prognosis_calibration": CALIBRATION_COLUMNS,
    "decision_curve": CURVE_COLUMNS,
    "prognosis_points": POINTS_COLUMNS,
    "prognosis_risks": RISKS_COLUMNS,
    **{name: columns for name, (columns, _) in CASE_MIX_TABLES.items()},
}
DIAGNOSTICS = {name: columns for name, (columns, _) in (WEIGHTING_TABLES | CONFOUNDING_TABLES).items()} | {
    "specifications": SPECIFICATION_COLUMNS,
    "concerns": CONCERN_COLUMNS,
    "stability": STABILITY_COLUMNS,
    "fairness": FAIRNESS_COLUMNS,
    "published_figures": PUBLISHED_FIGURE_COLUMNS,
}
PYTHON_TABLES = (
    {
        f"{schema}.{table}": {name: _SQL_TYPES[kind] for name, kind in columns.items()}
        for schema, tables in (("estimates", ESTIMATES), ("diagnostics", DIAGNOSTICS))
        for table, columns in tables.items()
    }
    | {
        f"self_checks.{table}": {name: _SQL_TYPES[kind] for name, kind in columns.items()}
        for table, (columns, _) in SELF_CHECK_TABLES.items()
    }
    | CHECK_COLUMNS
    | NOTICE_COLUMNS
)
"""The columns of the tables that Python writes and SQL reads."""
Row = dict[str, Any]
_OPEN = ExitStack()


@dataclass(frozen=True)
class SqlCase:
    """One case: the table it speaks of, the given rows by table, the rows expected, and which rows it speaks of."""

    table: str
    given: Mapping[str, list[Row]]
    expect: list[Row]
    where: str = "true"


def case_paths() -> list[Path]:
    """The file of every case, by table and name."""
    return sorted(CASES_FOLDER.glob("*/*.yaml"))


def case_title(path: Path) -> str:
    """`schema.table: what the case says`, as pytest shows it."""
    return f"{path.parent.name}: {path.stem.replace('_', ' ')}"


def read_case(path: Path) -> SqlCase:
    """Read one case; raises ValueError when it lacks `given` or `expect`, or has anything else but `where`."""
    text = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if set(text) - {"where"} != {"given", "expect"}:
        raise ValueError(
            f"{path.parent.name}/{path.name}: a case has given, expect and perhaps where, not {sorted(text)}"
        )
    return SqlCase(path.parent.name, **text)


@cache
def model_files() -> dict[str, SqlFile]:
    """Every file of `sql/<schema>/` by table."""
    files = (read_sql_file(path) for path in sorted(SQL_FOLDER.glob("*/*.sql")))
    return {file.table: file for file in files}


def upstream(table: str, stop: frozenset[str] = frozenset()) -> list[SqlFile]:
    """The files that must be built before `table`, in order; tables in `stop` need nothing."""
    files = model_files()
    found: dict[str, SqlFile] = {}
    pending = [table]
    while pending:
        for source in files[pending.pop()].reads:
            if source in files and source not in found:
                found[source] = files[source]
                if source not in stop:
                    pending.append(source)
    return in_order(found.values())


@cache
def columns_of(table: str) -> dict[str, str]:
    """The columns of a model's table and their types: a feed's by the contract, another table's by its own SQL."""
    schema, name = table.split(".")
    if schema == "clean" and name in FEEDS:
        return _contract_columns(FEEDS[name])
    model = model_files()[table]
    with open_warehouse(":memory:", threads=1) as con:
        create_raw_tables(con)
        for source in model.reads:
            if source in model_files():
                _create_empty(con, source)
            elif source in PYTHON_TABLES:
                _create(con, source, PYTHON_TABLES[source])
        return _described(con, f"(\n{model.text}\n)")


@cache
def _scratch() -> duckdb.DuckDBPyConnection:
    """One warehouse in memory for all cases: opening it costs more than a case. Each case is rolled back."""
    con = _OPEN.enter_context(open_warehouse(":memory:", threads=1))
    create_raw_tables(con)
    return con


def run_case(case: SqlCase) -> list[Row]:
    """The rows of the case's model on the given rows, in the order of its key (or of all columns, without one)."""
    con = _scratch()
    con.execute("begin transaction")
    try:
        return _rows_of(con, case)
    finally:
        con.execute("rollback")


def _rows_of(con: duckdb.DuckDBPyConnection, case: SqlCase) -> list[Row]:
    model = model_files()[case.table]
    has_raw_rows = any(table.startswith("raw.") for table in case.given)
    for table, rows in case.given.items():
        _give(con, table, rows)
    _complete(con, case.given)
    sources = [file for file in upstream(case.table, frozenset(case.given)) if file.table not in _given(case.given)]
    for table in sorted({table for file in (*sources, model) for table in file.reads if table in PYTHON_TABLES}):
        if table not in case.given:
            _create(con, table, PYTHON_TABLES[table])
    for file in sources:
        if file.schema == "clean" and not has_raw_rows:
            _create_empty(con, file.table)
        else:
            materialize(con, file)
    ordering = ", ".join(model.key) or "all"
    answer = con.execute(f"select * from (\n{model.text}\n) where {case.where} order by {ordering}")
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, values, strict=True)) for values in answer.fetchall()]


def differences(expected: list[Row], found: list[Row]) -> list[str]:
    """What is not as expected, one line a difference; empty when all is."""
    lines = []
    if len(expected) != len(found):
        lines.append(f"{len(found)} rows, expected {len(expected)}")
    for number, (wanted, row) in enumerate(zip(expected, found, strict=False), start=1):
        for column, value in wanted.items():
            if column not in row:
                lines.append(f"row {number}: no column {column}")
            elif not is_same(value, row[column]):
                lines.append(f"row {number}: {column} is {row[column]!r}, expected {value!r}")
    return lines


def is_same(expected: object, found: object) -> bool:
    """Whether two values are the same; numbers to nine digits, and true is not 1."""
    if isinstance(expected, bool) or isinstance(found, bool) or expected is None or found is None:
        return expected is found
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return math.isclose(expected, found, rel_tol=1e-9, abs_tol=1e-9)
    return expected == found


def _contract_columns(feed: Feed) -> dict[str, str]:
    types = {"clinic_code": "VARCHAR"}
    for field in feed.fields:
        types[field.name] = field.sql_type
        if field.has_reason:
            types[f"{field.name}_reason"] = "VARCHAR"
    return {**types, "delivery_key": "VARCHAR", "row_number": "BIGINT"}


def _give(con: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    if table in model_files():
        types = _create_empty(con, table)
    elif table.startswith("raw."):
        types = _described(con, table)
    elif table in PYTHON_TABLES:
        types = PYTHON_TABLES[table]
        _create(con, table, types)
    else:
        types = _create_as_given(con, table, rows)
    for number, row in enumerate(rows, start=1):
        if unknown := set(row) - set(types):
            raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
        full = _with_row_number(row, types, number) if table.startswith("raw.") else _with_reasons(row, types)
        values = [_as_delivered(value) if types[name] == "VARCHAR" else value for name, value in full.items()]
        marks = ", ".join("?" for _ in full)
        con.execute(f"insert into {table} ({', '.join(full)}) values ({marks})", values)


def _given(given: Mapping[str, list[Row]]) -> set[str]:
    """The tables that a case gives, and the files in force that go without saying when it gives deliveries in force."""
    return {*given, *(["clean.file"] if "clean.delivery" in given else [])}


def _complete(con: duckdb.DuckDBPyConnection, given: Mapping[str, list[Row]]) -> None:
    """What goes without saying: a delivery was received when it arrived, and every feed's file of it could be used."""
    feeds = ", ".join(f"('{feed}')" for feed in FEEDS)
    if "raw.delivery" in given and "raw.receipt" not in given:
        con.execute(
            "insert into raw.receipt select delivery_key, clinic_code, delivery_id, "
            "coalesce(arrived_at, timestamp '2026-11-01') from raw.delivery"
        ).fetchall()
    if "raw.delivery" in given and "raw.file" not in given:
        con.execute(
            "insert into raw.file (delivery_key, feed, n_rows, state) "
            f"select delivery_key, feed, 0, 'loaded' from raw.delivery cross join (values {feeds}) as feeds (feed)"
        ).fetchall()
    if "clean.delivery" in given and "clean.file" not in given:
        _create_empty(con, "clean.file")
        con.execute(
            "insert into clean.file (clinic_code, delivery_key, feed, n_rows, sequence_no) "
            "select clinic_code, delivery_key, feed, 0, sequence_no "
            f"from clean.delivery cross join (values {feeds}) as feeds (feed)"
        ).fetchall()


def _create_empty(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    types = columns_of(table)
    _create(con, table, types)
    return types


def _create(con: duckdb.DuckDBPyConnection, table: str, types: Mapping[str, str]) -> None:
    con.execute(f"create table {table} ({', '.join(f'{name} {type_}' for name, type_ in types.items())})")


def _create_as_given(con: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> dict[str, str]:
    """A table that Python writes (estimates.*, checks.*): its columns are those given, typed by their first known value."""
    sql_types = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}
    known = {name: value for row in reversed(rows) for name, value in row.items() if value is not None}
    types = {name: sql_types[type(known.get(name, ""))] for row in rows for name in row}
    _create(con, table, types)
    return types


def _described(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {row[0]: row[1] for row in con.execute(f"describe {table}").fetchall()}


def _with_row_number(row: Row, types: dict[str, str], number: int) -> Row:
    return {"row_number": number, **row} if "row_number" in types else row


def _with_reasons(row: Row, types: dict[str, str]) -> Row:
    reasons = {f"{name}_reason": "a" for name in types if f"{name}_reason" in types and row.get(name) is None}
    return {**reasons, **row}


def _as_delivered(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)
