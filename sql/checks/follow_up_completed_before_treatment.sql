-- A follow-up questionnaire completed on or before the day of the first attended contact: it is a second baseline.
-- scope: patient
-- table: clean.outcome
-- checked: timepoint_wk <> '0' and completed_day is not null
-- field: completed_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look whether follow-up forms are handed out at the first visit, or sent under the wrong time point
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join cohort.episodes as episode on outcome.episode_key = episode.episode_key
where outcome.timepoint_wk <> '0' and outcome.completed_day <= episode.first_attended_day
