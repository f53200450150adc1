-- A follow-up questionnaire completed on or before the day of the first attended contact: it is a second baseline.
-- table: clean.outcome
-- severity: warn
-- allowed: 1 %
select
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join cohort.episodes as episode on outcome.episode_key = episode.episode_key
where outcome.timepoint_wk <> '0' and outcome.completed_day <= episode.first_attended_day
