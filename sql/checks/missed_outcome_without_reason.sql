-- A missed questionnaire (no score, and its window closed) without the reason that the contract asks for.
-- scope: patient
-- table: cohort.outcomes
-- checked: status = 'missed'
-- field: reason_missing
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 25 %
-- remedy: Record why a questionnaire was not answered
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join cohort.outcomes as judged
    on
        outcome.episode_key = judged.episode_key
        and cast(outcome.timepoint_wk as integer) = judged.timepoint_weeks
where judged.status = 'missed' and outcome.reason_missing is null
