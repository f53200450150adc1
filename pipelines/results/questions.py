"""The SQL behind the answers: by what they can be told apart, and how a question becomes one SELECT."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.errors import UsageError

BY = {
    "clinic": "episode.clinic_code",
    "arm": "coalesce(index_arm.index_arm, 'not_recorded')",
    "sex": "strata.sex",
    "age": "strata.age_band",
    "deprivation": "strata.deprivation",
    "ethnicity": "strata.ethnicity",
    "payer": "strata.payer",
    "site": "coalesce(episode.main_site, 'not_recorded')",
    "start_risk": "coalesce(covariate.start_risk, 'not_recorded')",
    "duration": "case when covariate.episode_duration_days < 84 then 'under 12 weeks' when covariate.episode_duration_days >= 84 "
    "then '12 weeks or more' else 'not_recorded' end",
}
"""What outcomes can be told apart by, and its column. 'arm' is what was started in the first 14 days."""

_OUTCOMES = """
with answers as (
    select
        {columns}
        outcome.timepoint_weeks as weeks,
        outcome.is_r30d,
        outcome.pain_improvement_points
    from cohort.outcomes as outcome
    inner join cohort.episodes as episode on outcome.episode_key = episode.episode_key
    inner join cohort.strata as strata on outcome.episode_key = strata.episode_key
    inner join cohort.index_arms as index_arm on outcome.episode_key = index_arm.episode_key
    inner join cohort.covariates as covariate on outcome.episode_key = covariate.episode_key
    where outcome.is_due and episode.is_r30d_evaluable and outcome.timepoint_weeks > 0
)

select
    {names}
    answers.weeks,
    count(*) as n_due,
    count(answers.is_r30d) as n_answered,
    count(*) filter (where answers.is_r30d) as n_improved,
    round(avg(answers.pain_improvement_points) filter (where answers.is_r30d is not null), 1) as mean_pain_improvement_points
from answers
group by all
order by all
"""


def named(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names in `by`, one or several. Raises UsageError, naming those there are, for one that is not known."""
    names = (by,) if isinstance(by, str) else tuple(by or ())
    if unknown := [name for name in names if name not in BY]:
        raise UsageError(f"results cannot be told apart by {', '.join(unknown)}; they can by {', '.join(BY)}")
    return names


def outcomes_query(by: Sequence[str]) -> str:
    """Who was due, answered and improved at each time point, by the names in `by`."""
    columns = "".join(f"{BY[name]} as {name},\n        " for name in by)
    return _OUTCOMES.format(columns=columns, names="".join(f"answers.{name},\n    " for name in by))


EFFECTS = """
select
    effects.trial,
    effects.outcome,
    effects.contrast,
    effects.group_name,
    effects.group_level,
    case when effects.status = 'estimated' and withheld.reason is not null then 'refused' else effects.status end as status,
    case when effects.status = 'refused' then effects.reason else coalesce(withheld.reason, effects.reason) end as reason,
    case when withheld.reason is null then effects.estimate end as estimate,
    case when withheld.reason is null then effects.lower end as lower,
    case when withheld.reason is null then effects.upper end as upper,
    case when effects.status = 'estimated' and withheld.reason is null then doubted.words end as doubt,
    effects.n,
    effects.n_treated,
    effects.n_comparator,
    effects.effective_n,
    effects.episodes_needed
from estimates.effects as effects
left join self_checks.withheld as withheld
    on effects.trial = withheld.trial and effects.outcome = withheld.outcome and effects.contrast = withheld.contrast
left join self_checks.doubted as doubted
    on effects.trial = doubted.trial and effects.outcome = doubted.outcome and effects.contrast = doubted.contrast
order by effects.trial, effects.outcome, effects.contrast, effects.group_name, effects.group_level
"""

OWN_EFFECTS = """
select
    asked.question,
    asked.why,
    own.trial,
    own.outcome,
    own.contrast,
    own.group_name,
    coalesce(own.status, asked.status) as status,
    coalesce(own.reason, asked.reason) as reason,
    own.estimate,
    own.lower,
    own.upper,
    main.estimate as fixed_in_advance,
    own.n,
    own.n_treated,
    own.n_comparator,
    own.effective_n
from estimates.own_questions as asked
left join estimates.own_effects as own on asked.question = own.question
left join estimates.effects as main
    on own.trial = main.trial
    and own.outcome = main.outcome
    and own.contrast = main.contrast
    and own.group_name = main.group_name
    and main.status = 'estimated'
order by asked.question, own.outcome, own.contrast, own.group_name, own.group_level
"""

CLINICS = """
select
    episode.clinic_code as clinic,
    count(*) as n_episodes,
    count(*) filter (where strata.is_due_12wk) as n_due,
    count(*) filter (where strata.has_answered_12wk) as n_answered,
    count(*) filter (where index_trial.r30d_12wk = 1) as n_improved,
    count(index_trial.r30d_12wk) as n_judged
from cohort.episodes as episode
inner join cohort.strata as strata on episode.episode_key = strata.episode_key
inner join cohort.index_trial as index_trial on episode.episode_key = index_trial.episode_key
group by episode.clinic_code
order by episode.clinic_code
"""

QUALITY = """
select
    result.check_name,
    result.severity,
    result.status,
    result.n_broken,
    result.n_rows,
    result.percent_broken,
    result.usual_percent,
    result.description,
    result.remedy
from checks.results as result
order by result.status = 'met', result.percent_broken desc nulls last, result.check_name
"""

TABLE1 = """
select
    baseline.covariate,
    baseline.level,
    baseline.arm,
    baseline.n_recorded,
    cast(baseline.n_with as bigint) as n_with,
    baseline.mean,
    baseline.standard_deviation
from diagnostics.baseline as baseline
where baseline.trial = ?
order by baseline.covariate, baseline.level, baseline.arm
"""

TABLES = """
select
    tables.schema_name || '.' || tables.table_name as name,
    cast(tables.estimated_size as bigint) as rows_about,
    columns.column_name as column,
    columns.data_type as type
from duckdb_tables() as tables
inner join duckdb_columns() as columns
    on tables.schema_name = columns.schema_name and tables.table_name = columns.table_name
where not tables.internal
order by name, columns.column_index
"""
