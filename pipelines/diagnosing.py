"""Diagnostics as tables: read a trial's frame and what was estimated from it, diagnose, write `diagnostics.*`.

The statistics are `pipelines.robustness`.
"""

from collections.abc import Callable
from functools import partial

import duckdb
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.causal.protocol import Outcome, TargetTrial
from pipelines.causal.tables import as_table
from pipelines.causal.trials import TRIALS
from pipelines.contracts import FEEDS
from pipelines.estimating import write_estimates
from pipelines.robustness.concerns import concern_rows
from pipelines.robustness.diagnose import confounding_diagnostics, weighting_diagnostics
from pipelines.robustness.specifications import refitted_rows
from pipelines.robustness.stored_specifications import stored_rows
from pipelines.robustness.tables import (
    CONCERN_COLUMNS,
    CONCERN_ORDER,
    CONFOUNDING_TABLES,
    SPECIFICATION_COLUMNS,
    SPECIFICATION_ORDER,
    WEIGHTING_TABLES,
)

SCHEMA = "diagnostics"
# Sums over several threads differ from run to run in the last digits.
_one_thread = partial(threadpool_limits, 1)
Say = Callable[[str], None]

_OTHER_CHOICES = """
select
    trial.*,
    case
        when trial.rmdq24_12wk is not null then cast(trial.rmdq24_12wk >= 5 as integer)
    end as rmdq24_12wk_5_points,
    case
        when trial.odi_pct_12wk is not null then cast(trial.odi_pct_12wk >= 10 as integer)
    end as odi_pct_12wk_10_points,
    case
        when episode.is_r30d_evaluable and abs(outcome.completed_day - outcome.due_day) <= 7
            then cast(10 * outcome.disability_improvement_points >= 3 * episode.disability_points as integer)
    end as r30d_12wk_within_7,
    case
        when episode.is_r30d_evaluable and abs(outcome.completed_day - outcome.due_day) <= 28
            then cast(10 * outcome.disability_improvement_points >= 3 * episode.disability_points as integer)
    end as r30d_12wk_within_28,
    shorter_grace.arm_within_7_days
from cohort.{trial}_trial as trial
inner join cohort.episodes as episode on trial.episode_key = episode.episode_key
left join cohort.outcomes as outcome on trial.episode_key = outcome.episode_key and outcome.timepoint_weeks = 12
left join cohort.shorter_grace as shorter_grace
    on trial.episode_key = shorter_grace.episode_key and shorter_grace.trial = '{trial}'
order by trial.episode_key
"""
_OUTCOME_REASONS = """
select
    trial.episode_key,
    '{column}' as variable,
    coalesce(delivered.reason_missing, case outcome.status when 'in_window' then 'score_not_given' else outcome.status end)
        as reason
from cohort.{trial}_trial as trial
left join cohort.outcomes as outcome
    on trial.episode_key = outcome.episode_key and outcome.timepoint_weeks = {weeks}
left join clean.outcome as delivered
    on trial.episode_key = delivered.episode_key and cast(delivered.timepoint_wk as integer) = {weeks}
where trial.{column} is null
"""


def write_weighting_diagnostics(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    """Replace balance, overlap, weights, missing data and influence of every trial; returns rows by table."""
    effects = _table(con, "estimates.effects")
    found = []
    for trial in TRIALS.values():
        say(f"{trial.id}: balance, overlap, weights, missing data, influence")
        frame, scores, reasons = _frame(con, trial), _scores(con, trial), missing_reasons(con, trial)
        with _one_thread():
            found.append(weighting_diagnostics(frame, trial, scores, effects, reasons))
    return {
        name: _write(con, name, [one[name] for one in found], columns, order)
        for name, (columns, order) in WEIGHTING_TABLES.items()
    }


def write_confounding_diagnostics(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    """Replace what hidden factors and missing outcomes could do to every estimate; returns rows by table."""
    effects = _table(con, "estimates.effects")
    found = []
    for trial in TRIALS.values():
        frame, scores = _frame(con, trial), _scores(con, trial)
        with _one_thread():
            found.append(confounding_diagnostics(frame, trial, scores, effects, say))
    return {
        name: _write(con, name, [one[name] for one in found], columns, order)
        for name, (columns, order) in CONFOUNDING_TABLES.items()
    }


def write_specifications(con: duckdb.DuckDBPyConnection, say: Say) -> int:
    """Replace `diagnostics.specifications`; returns its rows."""
    effects, sensitivity = _table(con, "estimates.effects"), _table(con, "estimates.sensitivity")
    parts = []
    for trial in TRIALS.values():
        frame = other_choices(con, trial)
        with _one_thread():
            parts += [stored_rows(trial, effects, sensitivity), refitted_rows(frame, trial, say)]
    return _write(con, "specifications", parts, SPECIFICATION_COLUMNS, SPECIFICATION_ORDER)


def write_concerns(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `diagnostics.concerns` by what the other tables say; returns its rows."""
    effects = _table(con, "estimates.effects")
    tables = {
        name: _table(con, f"{SCHEMA}.{name}")
        for name in ("balance", "influence", "confounding", "missing_outcomes", "specifications")
    }
    parts = [concern_rows(trial, effects, **tables) for trial in TRIALS.values()]
    return _write(con, "concerns", parts, CONCERN_COLUMNS, CONCERN_ORDER)


def other_choices(con: duckdb.DuckDBPyConnection, trial: TargetTrial) -> pd.DataFrame:
    """Return a trial's frame with the columns of the other choices (see `robustness.specifications`)."""
    return con.execute(_OTHER_CHOICES.format(trial=trial.id)).df()


def _table(con: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    return con.execute(f"select * from {name} order by all").df()


def _frame(con: duckdb.DuckDBPyConnection, trial: TargetTrial) -> pd.DataFrame:
    return con.execute(f"select * from cohort.{trial.id}_trial order by episode_key").df()


def _scores(con: duckdb.DuckDBPyConnection, trial: TargetTrial) -> Callable[[Outcome], pd.DataFrame]:
    """What gives only what diagnostics read of an outcome's scores: there are a row an episode, arm and repeat."""

    def of_outcome(outcome: Outcome) -> pd.DataFrame:
        return con.execute(
            "select trial, outcome, arm, episode_key, repeat, mu, e, g, score from estimates.scores "
            "where trial = ? and outcome = ? order by repeat, episode_key, arm",
            [trial.id, outcome.name],
        ).df()

    return of_outcome


def missing_reasons(con: duckdb.DuckDBPyConnection, trial: TargetTrial) -> pd.DataFrame:
    """Return why a covariate of intake or an outcome is missing, where the record says so: episode_key, variable, reason."""
    fields = {field.name for field in FEEDS["intake"].fields if not field.is_required}
    queries = [
        f"select episode_key, '{name}' as variable, {name}_reason as reason from clean.intake where {name} is null"
        for name in trial.covariates
        if name in fields
    ] + [
        _OUTCOME_REASONS.format(trial=trial.id, column=outcome.column, weeks=outcome.timepoint_weeks)
        for outcome in trial.outcomes
    ]
    together = " union all ".join(f"({query})" for query in queries)
    return con.execute(
        f"select episode_key, variable, reason from ({together}) where reason is not null order by all"
    ).df()


def _write(
    con: duckdb.DuckDBPyConnection, name: str, parts: list[pd.DataFrame], columns: dict[str, str], order: str
) -> int:
    return write_estimates(con, name, as_table(parts, columns), columns, order, schema=SCHEMA)
