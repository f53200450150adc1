"""Self-checks as tables: read what the night estimated, check it, write `self_checks.*`. The checks are `pipelines.self_check`."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.causal.protocol import TargetTrial
from pipelines.causal.tables import as_table
from pipelines.causal.trials import STEPPED, TRIALS
from pipelines.estimating import write_estimates
from pipelines.quality.history import kept_of
from pipelines.self_check.effort import FULL, Effort
from pipelines.self_check.negative_controls import NEGATIVE_CONTROLS
from pipelines.self_check.tables import SELF_CHECK_TABLES
from pipelines.self_check.trial_checks import Said, check_stepped, check_trial
from pipelines.self_check.verdicts import with_weekly_failures


def write_self_checks(
    con: duckdb.DuckDBPyConnection, effort: Effort, say: Callable[[str], None], earlier: Path | None = None
) -> dict[str, int]:
    """Check every trial of `estimates.*` with this effort and replace the tables of `self_checks.*`; returns rows by table.

    `earlier`: what `history_source` found, None without a past. A failure of checks in full stands until they are made again.
    """
    found = [
        check_trial(_frame(con, name), trial, _said(con, trial, effort), effort, say=say)
        for name, trial in TRIALS.items()
    ]
    found.append(
        check_stepped(con.execute("select * from cohort.stepped_trial order by episode_key").df(), STEPPED, effort)
    )
    tables = {name: pd.concat([one[name] for one in found], ignore_index=True) for name in SELF_CHECK_TABLES}
    if effort is not FULL and earlier is not None:
        tables["verdicts"] = with_weekly_failures(tables["verdicts"], _verdicts_of(con, earlier))
    return {
        table: write_estimates(
            con,
            table,
            tables[table],
            columns,
            order,
            schema="self_checks",
        )
        for table, (columns, order) in SELF_CHECK_TABLES.items()
    }


def _verdicts_of(con: duckdb.DuckDBPyConnection, earlier: Path) -> pd.DataFrame:
    """The verdicts of an earlier night; none of one whose table had other columns, nor of a backup, which holds none."""
    found = kept_of(con, earlier, "self_checks.verdicts", "verdicts.parquet")
    columns, _ = SELF_CHECK_TABLES["verdicts"]
    if found is None or set(found.column_names) != set(columns):
        return as_table([], columns)
    return as_table([found.to_pandas()], columns)


def _frame(con: duckdb.DuckDBPyConnection, trial: str) -> pd.DataFrame:
    """The trial's episodes with the columns of the negative controls that are no covariates of it."""
    has = {row[0] for row in con.execute(f"describe cohort.{trial}_trial").fetchall()}
    added = sorted({control.column for control in NEGATIVE_CONTROLS} - has)
    columns = ", ".join(["trial.*", *(f"covariate.{name}" for name in added)])
    return con.execute(
        f"select {columns} from cohort.{trial}_trial as trial "
        "left join cohort.covariates as covariate on trial.episode_key = covariate.episode_key order by trial.episode_key"
    ).df()


def _said(con: duckdb.DuckDBPyConnection, trial: TargetTrial, effort: Effort) -> Said:
    """What the night said of a trial; of the scores only what the checks read of the outcomes that get known effects."""
    effects, models = (
        con.execute(f"select * from estimates.{table} where trial = ? {further} order by all", [trial.id]).df()
        for table, further in (("effects", "and group_name = 'all' and status = 'estimated'"), ("models", ""))
    )
    checked = [outcome.name for outcome in trial.outcomes[: effort.outcomes]]
    scores = con.execute(
        "select outcome, arm, episode_key, fold, repeat, mu, e, g from estimates.scores "
        "where trial = ? and list_contains(?, outcome) order by all",
        [trial.id, checked],
    ).df()
    return Said(effects, scores, models)
