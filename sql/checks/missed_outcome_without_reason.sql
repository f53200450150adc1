-- A missed questionnaire (no score, and its window closed) without the reason that the contract asks for.
-- table: clean.outcome
-- severity: warn
-- allowed: 25 %
select
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join cohort.outcomes as judged
    on
        outcome.episode_key = judged.episode_key
        and cast(outcome.timepoint_wk as integer) = judged.timepoint_weeks
where judged.status = 'missed' and outcome.reason_missing is null
