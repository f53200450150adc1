"""Estimates as tables: read a trial's analysis table, estimate, write `estimates.*`. The statistics are `pipelines.causal`."""

from collections.abc import Callable

import duckdb
import pandas as pd

from pipelines.causal.effects import estimated_outcomes
from pipelines.causal.grace import grace_estimates
from pipelines.causal.pooled_trials import pooled_estimates
from pipelines.causal.stepped import estimate_stepped
from pipelines.causal.survival import natural_course
from pipelines.causal.tables import (
    FLAG,
    NATURAL_COURSE_COLUMNS,
    PROTOCOL_COLUMNS,
    REAL,
    REGIME_COLUMNS,
    SENSITIVITY_COLUMNS,
    TEXT,
    TRIAL_TABLES,
    WHOLE,
    as_table,
)
from pipelines.causal.target import protocol_rows
from pipelines.causal.trial_design import design_trial
from pipelines.causal.trials import DECISION, STEPPED, TRIALS
from pipelines.tables import count_rows

_SQL_TYPES = {TEXT: "varchar", WHOLE: "bigint", REAL: "double", FLAG: "boolean"}


def write_trial_estimates(con: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> dict[str, int]:
    """Estimate every trial from `cohort.<trial>_trial` and replace its tables; returns rows by table.

    One outcome's rows are in memory at a time: a million episodes have fifty million scores and effects.
    """
    for table, (columns, _) in TRIAL_TABLES.items():
        _stage(con, table, as_table([], columns), columns, is_new=True)
    for name, trial in TRIALS.items():
        design = design_trial(con.execute(f"select * from cohort.{name}_trial order by episode_key").df(), trial, say)
        for part in estimated_outcomes(design, trial, say):
            for table, frame in part.tables.items():
                columns, _ = TRIAL_TABLES[table]
                _stage(con, table, as_table([frame], columns), columns)
    return {table: _settle(con, table, order) for table, (_, order) in TRIAL_TABLES.items()}


def _stage(
    con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame, columns: dict[str, str], *, is_new: bool = False
) -> None:
    """Add rows to a table of this connection alone."""
    con.register("estimated", frame)
    into = f"create or replace temp table staged_{table} as" if is_new else f"insert into staged_{table}"
    con.execute(f"{into} select {_typed(columns)} from estimated")
    con.unregister("estimated")


def _settle(con: duckdb.DuckDBPyConnection, table: str, order: str) -> int:
    """Replace the table of estimates by what was staged for it, in order; returns its rows."""
    con.execute(f"create or replace table estimates.{table} as select * from staged_{table} order by {order}")
    con.execute(f"drop table staged_{table}")
    return count_rows(con, f"estimates.{table}")


def write_natural_course(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `estimates.natural_course`; returns its rows."""
    episodes = con.execute("select * from cohort.natural_course order by episode_key").df()
    course = natural_course(episodes)
    return write_estimates(con, "natural_course", course, NATURAL_COURSE_COLUMNS, "source, clinic_code, day")


def write_regimes(con: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> int:
    """Value the regimes of the stepped trial from `cohort.stepped_trial` and replace `estimates.regimes`; returns its rows."""
    rows = estimate_stepped(con.execute("select * from cohort.stepped_trial order by episode_key").df(), STEPPED, say)
    return write_estimates(con, "regimes", rows, REGIME_COLUMNS, "trial, outcome, quantity, regime")


def write_sensitivity(con: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> int:
    """Analyse both trials in other ways than the main one and replace `estimates.sensitivity`; returns its rows."""
    rows = []
    for trial in TRIALS.values():
        episodes = con.execute(f"select * from cohort.{trial.id}_trial order by episode_key").df()
        visits = con.execute(
            "select * from cohort.grace_visits where trial = ? order by episode_key, visit_no", [trial.id]
        ).df()
        rows.append(grace_estimates(episodes, visits, trial, say))
        if trial is DECISION:
            decisions = con.execute("select * from cohort.sequential_trials order by episode_key, week").df()
            rows.append(pooled_estimates(episodes, decisions, trial, say))
    return write_estimates(
        con,
        "sensitivity",
        pd.concat(rows, ignore_index=True),
        SENSITIVITY_COLUMNS,
        "trial, outcome, contrast, analysis",
    )


def write_protocols(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `estimates.protocols`, the protocol and its emulation of every trial; returns its rows."""
    rows = protocol_rows((*TRIALS.values(), STEPPED))
    return write_estimates(con, "protocols", rows, PROTOCOL_COLUMNS, "trial, item_no")


def write_estimates(
    con: duckdb.DuckDBPyConnection,
    table: str,
    frame: pd.DataFrame,
    columns: dict[str, str],
    order: str,
    *,
    schema: str = "estimates",
) -> int:
    """Replace `<schema>.<table>` by these columns of a frame (see `causal.tables`), in order; returns its rows."""
    con.register("estimated", frame)
    con.execute(
        f"create or replace table {schema}.{table} as select {_typed(columns)} from estimated order by {order}"
    ).fetchall()
    con.unregister("estimated")
    return len(frame)


def _typed(columns: dict[str, str]) -> str:
    return ", ".join(f"cast({name} as {_SQL_TYPES[kind]}) as {name}" for name, kind in columns.items())
