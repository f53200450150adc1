"""Write `report.*`: the exact query's result passes disclosure control before it becomes a table. Nothing else writes there."""

import duckdb
import pandas as pd

from pipelines.privacy.disclosure import declared, is_released, release_table
from pipelines.privacy.profiles import NHS_HES, Profile
from pipelines.tables import SqlFile, count_rows


def write_released(con: duckdb.DuckDBPyConnection, file: SqlFile, profile: Profile = NHS_HES) -> int:
    """Replace the report table by the released result of its query, in the order of its key; returns the rows."""
    exact = con.execute(file.text).df()
    released = release_table(exact, file, profile)
    texts = {row[0] for row in con.execute(f"describe {file.text}").fetchall() if row[1] == "VARCHAR"}
    columns = ", ".join(f"cast({name} as varchar) as {name}" if name in texts else str(name) for name in released)
    con.register("released", released)
    con.execute("create schema if not exists report")
    order = f"order by {', '.join(file.key)}" if file.key else ""
    con.execute(f"create or replace table {file.table} as select {columns} from released {order}").fetchall()
    con.unregister("released")
    return count_rows(con, file.table)


def read_released(con: duckdb.DuckDBPyConnection, table: str) -> pd.DataFrame:
    """A table of `report.*`, in the order it was written."""
    return con.execute(f"select * from {table}").df()


def has_passed_disclosure(con: duckdb.DuckDBPyConnection, file: SqlFile, profile: Profile = NHS_HES) -> bool:
    """Whether every count in the table is withheld, 0, or a rounded count large enough to be shown."""
    return is_released(read_released(con, file.table), declared(file).columns, profile)
