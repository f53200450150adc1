-- A questionnaire completed after the day of the extract.
-- scope: patient
-- table: clean.outcome
-- checked: completed_day is not null
-- field: completed_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Work out the day of the extract and the days of the answers from the same clock
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join clean.intake as intake on outcome.episode_key = intake.episode_key
where outcome.completed_day > intake.observed_through_day
