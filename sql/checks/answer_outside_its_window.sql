-- An answer outside the window of its time point: it is kept, and does not count as a response.
-- scope: patient
-- table: cohort.outcomes
-- checked: status in ('in_window', 'off_window')
-- field: completed_day, due_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 15 %
-- remedy: Send the form nearer to its due day
select
    episode.clinic_code,
    outcome.episode_key,
    outcome.timepoint_weeks
from cohort.outcomes as outcome
inner join cohort.episodes as episode on outcome.episode_key = episode.episode_key
where outcome.status = 'off_window'
