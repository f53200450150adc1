"""Self-checks as tables: read what the night estimated, check it, write `self_checks.*`. The checks are `pipelines.self_check`."""

from collections.abc import Callable

import duckdb
import pandas as pd

from pipelines.causal.trials import STEPPED, TRIALS
from pipelines.estimating import write_estimates
from pipelines.self_check.effort import Effort
from pipelines.self_check.negative_controls import NEGATIVE_CONTROLS
from pipelines.self_check.tables import SELF_CHECK_TABLES
from pipelines.self_check.trial_checks import Said, check_stepped, check_trial


def write_self_checks(con: duckdb.DuckDBPyConnection, effort: Effort, say: Callable[[str], None]) -> dict[str, int]:
    """Check every trial of `estimates.*` with this effort and replace the tables of `self_checks.*`; returns rows by table."""
    found = [check_trial(_frame(con, name), trial, _said(con, name), effort, say=say) for name, trial in TRIALS.items()]
    found.append(check_stepped(con.execute("select * from cohort.stepped_trial order by episode_key").df(), STEPPED))
    return {
        table: write_estimates(
            con,
            table,
            pd.concat([one[table] for one in found], ignore_index=True),
            columns,
            order,
            schema="self_checks",
        )
        for table, (columns, order) in SELF_CHECK_TABLES.items()
    }


def _frame(con: duckdb.DuckDBPyConnection, trial: str) -> pd.DataFrame:
    """The trial's episodes with the columns of the negative controls that are no covariates of it."""
    has = {row[0] for row in con.execute(f"describe cohort.{trial}_trial").fetchall()}
    added = sorted({control.column for control in NEGATIVE_CONTROLS} - has)
    columns = ", ".join(["trial.*", *(f"covariate.{name}" for name in added)])
    return con.execute(
        f"select {columns} from cohort.{trial}_trial as trial "
        "left join cohort.covariates as covariate on trial.episode_key = covariate.episode_key order by trial.episode_key"
    ).df()


def _said(con: duckdb.DuckDBPyConnection, trial: str) -> Said:
    effects, scores, models = (
        con.execute(f"select * from estimates.{table} where trial = ? {further} order by all", [trial]).df()
        for table, further in (
            ("effects", "and group_name = 'all' and status = 'estimated'"),
            ("scores", ""),
            ("models", ""),
        )
    )
    return Said(effects, scores, models)
