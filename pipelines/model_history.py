"""How good the models were on earlier nights, and in what tonight's are worse: `estimates.model_history` and `.notices`.

A night refits everything and is published whatever its models are; a notice says in what they are worse. Tonight is compared
with the last night that had other deliveries or other code, so that the same night run again says the same.
"""

from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.quality.history import kept_of, night_stamp

HISTORY_TABLE = "estimates.model_history"
NOTICES_TABLE = "estimates.notices"
RESTORED_MODELS = "models.parquet"
"""Where a restore puts the history that a backup holds, beside that of the checks."""

MOST_NIGHTS = 30
LARGEST_LOSS = 0.05
"""A figure is worse when AUC or the share explained has fallen, or log loss has risen, by more than this."""

_COLUMNS = (
    "night_no bigint, night_key varchar, trial varchar, outcome varchar, model varchar, figure varchar, value double"
)
_FIGURES = "('auc', 'share explained', 'log loss')"


def write_model_history(con: duckdb.DuckDBPyConnection, earlier: Path | None) -> dict[str, int]:
    """Replace both tables; `earlier` is what `history_source` found, None without a past. Returns rows by table name."""
    night_key = night_stamp(con)
    con.execute(f"create or replace table {HISTORY_TABLE} ({_COLUMNS})")
    if earlier is not None:
        _carry_over(con, earlier, night_key)
    con.execute(
        f"""
        insert into {HISTORY_TABLE}
        select (select coalesce(max(night_no), 0) + 1 from {HISTORY_TABLE}), ?, trial, outcome, model, figure, value
        from estimates.models
        where figure in {_FIGURES}
        order by trial, outcome, model, figure
        """,
        [night_key],
    ).fetchall()
    con.execute(
        f"""
        create or replace table {NOTICES_TABLE} as
        with nights as (
            select trial, outcome, model, figure, night_no, value,
                lag(value) over (partition by trial, outcome, model, figure order by night_no) as value_before
            from {HISTORY_TABLE}
        )
        select trial, outcome, model, figure, round(value_before, 4) as value_before, round(value, 4) as value_now,
            format(
                '{{}}, {{}}: the model of the {{}} is worse than on the night before, {{}} {{:.2f}} instead of {{:.2f}}.',
                trial, outcome, model, figure, value, value_before
            ) as notice
        from nights
        where night_no = (select max(night_no) from {HISTORY_TABLE})
            and case when figure = 'log loss' then value - value_before else value_before - value end > {LARGEST_LOSS}
        order by trial, outcome, model, figure
        """
    ).fetchall()
    return {
        table.rpartition(".")[2]: con.execute(f"select count(*) from {table}").fetchall()[0][0]
        for table in (HISTORY_TABLE, NOTICES_TABLE)
    }


def past_of(con: duckdb.DuckDBPyConnection, source: Path) -> pa.Table | None:
    """`estimates.model_history` of the night or of the restored backup that `history_source` found; None when it has none."""
    return kept_of(con, source, HISTORY_TABLE, RESTORED_MODELS)


def _carry_over(con: duckdb.DuckDBPyConnection, source: Path, night_key: str) -> None:
    past = past_of(con, source)
    if past is None or set(past.column_names) != {column.split()[0] for column in _COLUMNS.split(", ")}:
        return
    con.register("past", past)
    con.execute(
        f"""
        insert into {HISTORY_TABLE} by name
        select * from past
        where night_key <> ? and night_no > (select max(night_no) from past) - {MOST_NIGHTS}
        order by night_no, trial, outcome, model, figure
        """,
        [night_key],
    ).fetchall()
    con.unregister("past")
