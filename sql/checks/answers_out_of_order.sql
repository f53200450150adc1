-- An answer that was given before one of an earlier time point of the same episode.
-- scope: patient
-- table: clean.outcome
-- checked: completed_day is not null
-- field: completed_day, timepoint_wk
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Look whether answers are filed under the wrong time point
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
where outcome.completed_day is not null
qualify
    outcome.completed_day < max(outcome.completed_day) over (
        partition by outcome.clinic_code, outcome.episode_key
        order by cast(outcome.timepoint_wk as integer)
        rows between unbounded preceding and 1 preceding
    )
