-- A questionnaire completed after the day of the extract.
-- table: clean.outcome
-- severity: warn
-- allowed: 1 %
select
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join clean.intake as intake on outcome.episode_key = intake.episode_key
where outcome.completed_day > intake.observed_through_day
