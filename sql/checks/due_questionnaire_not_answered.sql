-- A 12-week form that was due and was not answered in its window (registries reach 60 to 75 %).
-- scope: patient
-- table: cohort.outcomes
-- checked: is_due and timepoint_weeks = 12
-- field: completed_day
-- category: completeness
-- context: validation
-- severity: note
-- owner: clinic
-- allowed: 40 %
-- remedy: Remind patients of the 12-week form, by message or by telephone
select
    episode.clinic_code,
    outcome.episode_key,
    outcome.timepoint_weeks
from cohort.outcomes as outcome
inner join cohort.episodes as episode on outcome.episode_key = episode.episode_key
where outcome.is_due and outcome.timepoint_weeks = 12 and outcome.status <> 'in_window'
