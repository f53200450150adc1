-- The outcomes of the trials, one row an episode: answers in their window only, improvement in points (positive is better),
-- response as 0 or 1, NULL where unknown. Larger is better of every column, so deterioration (NPRS +2, ODI +10 or GROC -3;
-- domain/outcomes.md 2.2) is stored as its absence. is_due says that the time point has passed.
-- scope: patient
-- key: episode_key
-- expect: r30d_12wk between 0 and 1
-- expect: rmdq24_12wk between -24 and 24
-- expect: odi_pct_12wk between -100 and 100
-- expect: pain_12wk between -10 and 10
-- expect: r50d_12wk between 0 and 1
-- expect: not_deteriorated_12wk between 0 and 1
-- expect: r30d_26wk between 0 and 1
-- expect: rmdq24_26wk between -24 and 24
-- expect: odi_pct_26wk between -100 and 100
-- expect: pain_26wk between -10 and 10
select
    outcome.episode_key,
    max(cast(outcome.is_r30d as integer)) filter (where outcome.timepoint_weeks = 12) as r30d_12wk,
    max(outcome.rmdq24_improvement_points) filter (
        where outcome.timepoint_weeks = 12 and outcome.status = 'in_window'
    ) as rmdq24_12wk,
    max(outcome.odi_improvement_points) filter (
        where outcome.timepoint_weeks = 12 and outcome.status = 'in_window'
    ) as odi_pct_12wk,
    max(outcome.pain_improvement_points) filter (
        where outcome.timepoint_weeks = 12 and outcome.status = 'in_window'
    ) as pain_12wk,
    max(cast(outcome.is_r50d as integer)) filter (where outcome.timepoint_weeks = 12) as r50d_12wk,
    max(cast(not outcome.is_worse as integer)) filter (where outcome.timepoint_weeks = 12) as not_deteriorated_12wk,
    max(cast(outcome.is_r30d as integer)) filter (where outcome.timepoint_weeks = 26) as r30d_26wk,
    max(outcome.rmdq24_improvement_points) filter (
        where outcome.timepoint_weeks = 26 and outcome.status = 'in_window'
    ) as rmdq24_26wk,
    max(outcome.odi_improvement_points) filter (
        where outcome.timepoint_weeks = 26 and outcome.status = 'in_window'
    ) as odi_pct_26wk,
    max(outcome.pain_improvement_points) filter (
        where outcome.timepoint_weeks = 26 and outcome.status = 'in_window'
    ) as pain_26wk,
    coalesce(bool_or(outcome.is_due) filter (where outcome.timepoint_weeks = 12), false) as is_due_12wk,
    coalesce(bool_or(outcome.is_due) filter (where outcome.timepoint_weeks = 26), false) as is_due_26wk
from cohort.outcomes as outcome
group by outcome.episode_key
