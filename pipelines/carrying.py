"""What a night need not compute again: tables whose inputs hold tonight what they held in the published night.

Only tables that their inputs and the code decide alone may be carried over (`tests/test_carrying.py` makes each of them from its
declared inputs and nothing else). The code is compared before, by `NightBuild.earlier`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from pipelines.casting import literal
from pipelines.tables import count_rows

_EARLIER = "earlier"


def carry_over(
    con: duckdb.DuckDBPyConnection, earlier: Path, reads: Sequence[str], tables: Sequence[str]
) -> dict[str, int] | None:
    """Copy the `tables` (`schema.name`) from the warehouse `earlier` when all of `reads` hold there what they hold here.

    Returns rows by table; None, and nothing is written, when a row, a column or a type differs, or a table is absent there.
    """
    con.execute(f"attach {literal(str(earlier))} as {_EARLIER} (read_only)")
    try:
        if any(_columns(con, f"{_EARLIER}.{table}") is None for table in tables):
            return None
        if any(content(con, read) != content(con, f"{_EARLIER}.{read}") for read in reads):
            return None
        for table in tables:
            con.execute(f"create or replace table {table} as select * from {_EARLIER}.{table}").fetchall()
    finally:
        con.execute(f"detach {_EARLIER}")
    return {table: count_rows(con, table) for table in tables}


def carried_or_made(
    con: duckdb.DuckDBPyConnection,
    earlier: Path | None,
    reads: Sequence[str],
    tables: Sequence[str],
    make: Callable[[], dict[str, int]],
    say: Callable[[str], None],
) -> dict[str, int]:
    """Rows by table name (without its schema): carried over from `earlier` (None: nothing may be), else made."""
    rows = carry_over(con, earlier, reads, tables) if earlier else None
    if rows is None:
        return make()
    say("carried over: what it is made from has not changed")
    return {table.rpartition(".")[2]: n_rows for table, n_rows in rows.items()}


def content(con: duckdb.DuckDBPyConnection, table: str) -> tuple[object, ...] | None:
    """Columns, types, number of rows, and two sums over 64-bit hashes of the rows in whatever order; None for an absent table."""
    columns = _columns(con, table)
    if columns is None:
        return None
    said = con.execute(f"select count(*), bit_xor(hash(one)), sum(hash(one)::hugeint) from {table} as one").fetchall()
    return columns, *said[0]


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> tuple[object, ...] | None:
    try:
        return tuple(con.execute(f"describe {table}").fetchall())
    except duckdb.CatalogException:
        return None
