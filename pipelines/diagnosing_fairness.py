"""Fairness as a table: strata, prognosis and scores of the warehouse, by group. The statistics are `causal.fairness`."""

import duckdb
import pandas as pd

from pipelines.causal.fairness import (
    FAIRNESS_COLUMNS,
    GROUPS,
    Measured,
    effect_of,
    fairness_rows,
    mean_of,
    share_of,
)
from pipelines.causal.trials import TRIALS
from pipelines.estimating import write_estimates
from pipelines.prognosis.protocol import CONSERVATIVE_CARE

_SHARES = (
    ("answered", "has_answered_12wk", "is_due_12wk"),
    ("completed_care", "has_completed_care", "has_care_ended"),
    ("in_index_results", "is_in_index_results", "is_due_after_a_visit"),
    ("in_decision_results", "is_in_decision_results", "is_decision_eligible"),
)
_STRATA = ", ".join(f"strata.{name}" for name in GROUPS)
_PROGNOSIS = f"""
select
    prognosis.episode_key,
    coalesce(strata.practitioner_key, '') as practitioner_key,
    1 / greatest(prognosis.seen_probability, {CONSERVATIVE_CARE.clip}) as weight,
    pow(trial.r30d_12wk - prognosis.probability, 2) as squared_error,
    trial.r30d_12wk - prognosis.probability as observed_minus_predicted,
    {_STRATA}
from estimates.prognosis as prognosis
inner join cohort.strata as strata on prognosis.episode_key = strata.episode_key
inner join cohort.index_trial as trial on prognosis.episode_key = trial.episode_key
where prognosis.is_response_known and prognosis.status = 'estimated'
order by prognosis.episode_key
"""
_SCORES = f"""
select
    treated.episode_key,
    treated.repeat,
    treated.score - comparator.score as difference,
    coalesce(treated.practitioner_key, '') as practitioner_key,
    case
        when treated.score <> treated.mu then 'treated'
        when comparator.score <> comparator.mu then 'comparator'
    end as is_answer_of,
    {_STRATA}
from estimates.scores as treated
inner join estimates.scores as comparator
    on
        treated.trial = comparator.trial
        and treated.outcome = comparator.outcome
        and treated.episode_key = comparator.episode_key
        and treated.repeat = comparator.repeat
inner join cohort.strata as strata on treated.episode_key = strata.episode_key
where treated.trial = ? and treated.outcome = ? and treated.arm = ? and comparator.arm = ?
order by treated.episode_key, treated.repeat
"""
_ESTIMATED = """
select count(*) from estimates.effects
where trial = ? and outcome = ? and contrast = ? and group_name = 'all' and status = 'estimated'
"""


def write_fairness(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `diagnostics.fairness`; returns its rows."""
    strata = con.execute("select * from cohort.strata order by episode_key").df()
    errors = con.execute(_PROGNOSIS).df()
    measures = [share_of(name, strata, part, whole) for name, part, whole in _SHARES]
    measures += [
        mean_of(name, errors, value)
        for name, value in (
            ("prognosis_brier", "squared_error"),
            ("prognosis_observed_minus_predicted", "observed_minus_predicted"),
        )
    ]
    rows = fairness_rows([*measures, *_effects(con)])
    return write_estimates(
        con, "fairness", rows, FAIRNESS_COLUMNS, "measure, contrast, group_name, level", schema="diagnostics"
    )


def _effects(con: duckdb.DuckDBPyConnection) -> list[Measured]:
    """The primary outcome's contrasts that were estimated, by group; a refused one is told in `estimates.effects`."""
    found = []
    for trial in TRIALS.values():
        outcome = trial.outcomes[0].name
        for treated, comparator in trial.contrasts:
            contrast = f"{treated} - {comparator}"
            if con.execute(_ESTIMATED, [trial.id, outcome, contrast]).fetchall() == [(0,)]:
                continue
            scores: pd.DataFrame = con.execute(_SCORES, [trial.id, outcome, treated, comparator]).df()
            found.append(effect_of(f"{trial.id}: {contrast}", scores))
    return found
