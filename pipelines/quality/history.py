"""The past of every check: `checks.history`, carried on from one published night to the next.

All clinics together have a row a night and check for good. One clinic has a row for each night that changed its numbers, and
only as many as a change is judged by: most clinics deliver once a week, and the others' nights say nothing about them.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.casting import literal
from pipelines.checksums import spoilt_files
from pipelines.expectations import Expectation
from pipelines.generations import WAREHOUSE
from pipelines.quality.kahn import NETWORK
from pipelines.quality.sudden import MOST_NIGHTS, Numbers
from pipelines.settings import Settings

HISTORY_TABLE = "checks.history"
HISTORY_CONTRACT = (
    Expectation("not_null", ("night_key",)),
    Expectation("unique", ("night_key", "clinic_code", "check_name")),
    Expectation("not_above", ("n_broken", "n_rows")),
)
_COLUMNS = (
    "night_no bigint, night_key varchar, made_at timestamp, clinic_code varchar, check_name varchar, n_broken bigint, "
    "n_rows bigint, percent_broken double"
)
_COLUMN_NAMES = [column.split()[0] for column in _COLUMNS.split(", ")]
RESTORED_HISTORY = Path("backup") / "history.parquet"
"""Below the home: where a restore puts the history that a backup holds."""


def night_stamp(con: duckdb.DuckDBPyConnection) -> str:
    """The identity of a night for its history: the same code on the same deliveries in force counts once."""
    code = con.execute("select code_hash from raw.code").fetchall()
    deliveries = con.execute(
        "select clinic_code, delivery_key, sequence_no from clean.delivery order by clinic_code, sequence_no"
    ).fetchall()
    return hashlib.sha256(json.dumps([code, deliveries]).encode()).hexdigest()


def history_source(settings: Settings) -> Path | None:
    """Where tonight's history is carried on from; None when there is no past.

    The newest published night of which every bit is what was published, else the Parquet file that came with a backup: what
    the past nights found is all that a night cannot make again from the store.
    """
    nights = settings.generations.iterdir() if settings.generations.is_dir() else ()
    others = sorted((path for path in nights if path != settings.current.resolve()), reverse=True)
    for night in (settings.current.resolve(), *others):
        if (night / WAREHOUSE).is_file() and not spoilt_files(night):
            return night / WAREHOUSE
    restored = settings.home / RESTORED_HISTORY
    return restored if restored.is_file() else None


def kept_of(con: duckdb.DuckDBPyConnection, source: Path, table: str, restored: str) -> pa.Table | None:
    """What an earlier night carried on in `table`: of a warehouse, or of the backup's file `restored` beside `source`; None when
    it has none."""
    if source.suffix == ".parquet":
        kept = source.with_name(restored)
        return pq.read_table(kept) if kept.is_file() else None
    con.execute(f"attach {literal(str(source))} as earlier (read_only)")
    try:
        return con.sql(f"from earlier.{table}").to_arrow_table()
    except duckdb.CatalogException:
        return None
    finally:
        con.execute("detach earlier")


def history_of(con: duckdb.DuckDBPyConnection, source: Path) -> pa.Table | None:
    """`checks.history` of a warehouse or of a backup; None when it has none, or one of other columns."""
    found = kept_of(con, source, HISTORY_TABLE, source.name)
    return found if found is not None and set(_COLUMN_NAMES) <= set(found.column_names) else None


def carry_over(con: duckdb.DuckDBPyConnection, earlier: Path | None, night_key: str) -> None:
    """Take over the history of `earlier` (`history_source`), if there is one, without what it says of this very night."""
    con.execute("create schema if not exists checks")
    con.execute(f"create or replace table {HISTORY_TABLE} ({_COLUMNS})")
    past = history_of(con, earlier) if earlier else None
    if past is not None:
        con.register("past", past)
        con.execute(
            f"insert into {HISTORY_TABLE} by name select {', '.join(_COLUMN_NAMES)} from past where night_key <> ?",
            [night_key],
        ).fetchall()
        con.unregister("past")


def earlier_nights(con: duckdb.DuckDBPyConnection, tonight: pd.DataFrame) -> tuple[Numbers, Numbers]:
    """Rows broken and rows checked, series (the rows of `tonight`) by nights, tonight last, NaN where there was no night.

    A night on which nothing changed for a series is left out of it: it is the same records again.
    """
    con.register("tonight", tonight[["clinic_code", "check_name", "n_broken", "n_rows"]].reset_index(names="series"))
    rows = con.execute(
        f"""
        with nights as (
            select tonight.series, history.night_no, history.n_broken, history.n_rows
            from {HISTORY_TABLE} as history
            inner join tonight using (clinic_code, check_name)
            where history.n_rows > 0
            union all
            select series, 9223372036854775807 as night_no, n_broken, n_rows from tonight
        ),
        news as (
            select * from nights
            window by_night as (partition by series order by night_no)
            qualify
                n_broken is distinct from lag(n_broken) over by_night
                or n_rows is distinct from lag(n_rows) over by_night
                or night_no = 9223372036854775807
        )
        select
            series,
            row_number() over (partition by series order by night_no desc) as nights_ago,
            n_broken,
            n_rows
        from news
        qualify nights_ago <= {MOST_NIGHTS + 1}
        """
    ).fetchall()
    con.unregister("tonight")
    broken, checked = np.full((2, len(tonight), MOST_NIGHTS + 1), np.nan)
    series, nights_ago, n_broken, n_rows = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    broken[series, -nights_ago] = n_broken
    checked[series, -nights_ago] = np.where(n_rows > 0, n_rows, np.nan)
    return broken, checked


def append_night(con: duckdb.DuckDBPyConnection, night_key: str, made_at: datetime) -> None:
    """Add tonight's results: all clinics together, and each clinic whose numbers differ from its last row."""
    con.execute(
        f"""
        insert into {HISTORY_TABLE}
        with tonight as (
            select '{NETWORK}' as clinic_code, check_name, n_broken, n_rows, percent_broken from checks.results
            union all
            select clinic_code, check_name, n_broken, n_rows, percent_broken from checks.results_by_clinic
        ),
        latest as (
            select clinic_code, check_name, arg_max(n_broken, night_no) as n_broken, arg_max(n_rows, night_no) as n_rows
            from {HISTORY_TABLE}
            group by clinic_code, check_name
        )
        select
            (select coalesce(max(night_no), 0) + 1 from {HISTORY_TABLE}),
            $night_key,
            $made_at,
            tonight.clinic_code,
            tonight.check_name,
            tonight.n_broken,
            tonight.n_rows,
            tonight.percent_broken
        from tonight
        left join latest using (clinic_code, check_name)
        where
            tonight.clinic_code = '{NETWORK}'
            or (tonight.n_broken, tonight.n_rows) is distinct from (latest.n_broken, latest.n_rows)
        order by tonight.check_name, tonight.clinic_code
        """,
        {"night_key": night_key, "made_at": made_at.replace(tzinfo=None)},
    ).fetchall()
    con.execute(
        f"""
        delete from {HISTORY_TABLE} where rowid in (
            select rowid from {HISTORY_TABLE}
            where clinic_code <> '{NETWORK}'
            qualify row_number() over (partition by clinic_code, check_name order by night_no desc) > {MOST_NIGHTS}
        )
        """
    ).fetchall()
