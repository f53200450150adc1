"""Are two nights the same? Every table of two warehouses, row by row.

What tells when a night was made or a delivery came (timestamps) differs between any two nights and is left out. Floats may
differ where a sum's order does; SQL here sums no doubles, so the tolerance is for what fits compute, and is stated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.casting import literal
from pipelines.warehouse import IN_MEMORY, SCHEMAS, open_warehouse

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12
_FLOATS = ("DOUBLE", "FLOAT")


@dataclass(frozen=True)
class TableParity:
    """One table of two nights: its rows, and what differs in words (empty when nothing does).

    `is_exact` says that every value is the same to the bit, `largest_difference` how far floats are apart otherwise.
    """

    table: str
    n_rows: int
    is_exact: bool
    largest_difference: float = 0.0
    differs: str = ""


def compare_warehouses(one: Path, other: Path) -> list[TableParity]:
    """Every table of both warehouses, by name. Says counts only, never a value."""
    folders = (one.resolve().parent, other.resolve().parent)
    with open_warehouse(IN_MEMORY, readable=folders) as con:
        con.execute(f"attach {literal(str(one.resolve()))} as one (read_only)")
        con.execute(f"attach {literal(str(other.resolve()))} as other (read_only)")
        ours, theirs = _tables(con, "one"), _tables(con, "other")
        return [_compare(con, table, ours.get(table, {}), theirs.get(table, {})) for table in sorted({*ours, *theirs})]


def _tables(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    rows = con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() where database_name = ? "
        "and not internal order by all",
        [database],
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in rows:
        if schema in SCHEMAS:
            found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


def _compare(con: duckdb.DuckDBPyConnection, table: str, ours: dict[str, str], theirs: dict[str, str]) -> TableParity:
    if ours != theirs:
        names = sorted({*ours.items()} ^ {*theirs.items()})
        return TableParity(
            table, 0, False, differs=f"columns or types: {', '.join(sorted({name for name, _ in names}))}"
        )
    columns = [name for name, kind in ours.items() if not kind.startswith("TIMESTAMP")]
    listed = ", ".join(f'"{name}"' for name in columns) or "1"
    n_ours, n_theirs = (
        con.execute(f"select count(*) from {side}.{table}").fetchall()[0][0] for side in ("one", "other")
    )
    if n_ours != n_theirs:
        return TableParity(table, n_ours, False, differs=f"{n_ours:,} rows and {n_theirs:,}")
    n_apart = con.execute(
        f"select count(*) from (select {listed} from one.{table} except all select {listed} from other.{table})"
    ).fetchall()[0][0]
    if not n_apart:
        return TableParity(table, n_ours, True)
    floats = [name for name in columns if ours[name] in _FLOATS]
    return _compare_floats(con, table, n_ours, [name for name in columns if name not in floats], floats)


def _compare_floats(
    con: duckdb.DuckDBPyConnection, table: str, n_rows: int, exact: list[str], floats: list[str]
) -> TableParity:
    """Pair the rows in the order of what is exact, then of the floats, and look how far the floats are apart."""
    order = ", ".join(f'"{name}"' for name in (*exact, *floats))
    frames = [con.execute(f"select * from {side}.{table} order by {order}").df() for side in ("one", "other")]
    n_other = sum(int((~_same(frames[0][name], frames[1][name])).sum()) for name in exact)
    apart = list(_apart(frames[0], frames[1], floats))
    n_far = sum(n for n, _ in apart)
    largest = max((size for _, size in apart), default=0.0)
    differs = f"{n_other:,} values and {n_far:,} floats" if n_other or n_far else ""
    return TableParity(table, n_rows, False, largest, differs)


def _same(ours: pd.Series, theirs: pd.Series) -> npt.NDArray[np.bool_]:
    return np.asarray(ours.astype(str).to_numpy() == theirs.astype(str).to_numpy())


def _apart(ours: pd.DataFrame, theirs: pd.DataFrame, floats: list[str]) -> Iterator[tuple[int, float]]:
    for name in floats:
        one, other = ours[name].to_numpy(dtype=float), theirs[name].to_numpy(dtype=float)
        close = np.isclose(one, other, rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE, equal_nan=True)
        with np.errstate(invalid="ignore"):
            yield int((~close).sum()), float(np.nanmax(np.abs(one - other), initial=0.0))
