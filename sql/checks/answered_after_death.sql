-- An answer later than a time point that was missed because the patient had died.
-- scope: patient
-- table: clean.outcome
-- checked: completed_day is not null
-- field: reason_missing, completed_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 0 %
-- remedy: Look which is wrong at the clinic before anybody writes to the family
with deaths as (
    select
        outcome.clinic_code,
        outcome.episode_key,
        min(outcome.due_day) as due_day
    from clean.outcome as outcome
    where outcome.reason_missing = 'died'
    group by
        outcome.clinic_code,
        outcome.episode_key
)

select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join deaths on outcome.clinic_code = deaths.clinic_code and outcome.episode_key = deaths.episode_key
where outcome.completed_day > deaths.due_day
