"""Clinics compared as tables: the statistics are `pipelines.case_mix`."""

from collections.abc import Callable

import duckdb
import pandas as pd

from pipelines.case_mix.compare import compare_clinics
from pipelines.case_mix.courses import clinic_courses
from pipelines.case_mix.tables import CASE_MIX_TABLES
from pipelines.estimating import write_estimates

_DUE = """
select
    episode.clinic_code,
    episode.practitioner_key,
    episode.index_period,
    outcome.status = 'in_window' as has_answered,
    outcome.is_r30d,
    outcome.is_worse,
    dropped_out.is_met as has_dropped_out,
    case when outcome.status = 'in_window' then outcome.odi_improvement_points end as odi_improvement_points,
    case when outcome.status = 'in_window' then outcome.rmdq24_improvement_points end as rmdq24_improvement_points,
    case when outcome.status = 'in_window' then episode.leg_pain_points - answer.nprs_leg_avg end
        as leg_pain_improvement_points,
    covariate.* exclude (episode_key),
    case episode.disability_instrument
        when 'rmdq24' then 100 * episode.disability_points / 24 else episode.disability_points
    end as baseline_disability_percent,
    covariate.comorb_diabetes::integer + covariate.comorb_cvd_pad::integer
    + covariate.comorb_inflammatory_arthritis::integer + covariate.comorb_hip_knee_oa::integer
    + covariate.comorb_depression_anxiety::integer + covariate.comorb_neuro_disease::integer
    + coalesce(covariate.comorb_other_count, 0) as comorbidities
from cohort.outcomes as outcome
inner join cohort.episodes as episode on outcome.episode_key = episode.episode_key
inner join cohort.covariates as covariate on outcome.episode_key = covariate.episode_key
left join cohort.outcome_indicators as dropped_out
    on outcome.episode_key = dropped_out.episode_key and dropped_out.indicator = 'QI-18'
left join clean.outcome as answer on outcome.episode_key = answer.episode_key and answer.timepoint_wk = '12'
where outcome.timepoint_weeks = 12 and outcome.is_due
order by outcome.episode_key
"""


def episodes_due(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The episodes whose 12-week answer is due, with what is adjusted for and the outcomes, as `compare_clinics` takes them."""
    return con.execute(_DUE).df()


def write_clinic_comparison(con: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> dict[str, int]:
    """Compare the clinics on what is due and replace the three tables of clinics in `estimates`; returns rows by table."""
    due = episodes_due(con)
    say(f"case mix: {len(due)} episodes due, each clinic as the others tell it")
    found = compare_clinics(due)
    found["clinic_courses"] = clinic_courses(
        con.execute("select * from cohort.indicator_courses order by indicator, episode_key").df()
    )
    return {
        table: write_estimates(con, table, found[table], columns, order)
        for table, (columns, order) in CASE_MIX_TABLES.items()
    }
