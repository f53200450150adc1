-- A form called not due yet whose window had closed before the day of the extract.
-- scope: patient
-- table: clean.outcome
-- checked: reason_missing = 'not_due'
-- field: reason_missing, due_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Work out what is due from the day of the extract in the export
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join cohort.outcomes as judged
    on
        outcome.episode_key = judged.episode_key
        and cast(outcome.timepoint_wk as integer) = judged.timepoint_weeks
where outcome.reason_missing = 'not_due' and judged.is_due
