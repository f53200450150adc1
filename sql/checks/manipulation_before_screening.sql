-- An episode that was manipulated although its red-flag screening is not complete.
-- scope: patient
-- table: cohort.index_arms
-- checked: first_manipulation_day is not null
-- category: completeness
-- severity: warn
-- owner: clinical_lead
-- allowed: 5 %
-- remedy: Record the red-flag answers before the first manipulation
select
    episode.clinic_code,
    index_arm.episode_key
from cohort.index_arms as index_arm
left join cohort.episodes as episode on index_arm.episode_key = episode.episode_key
inner join cohort.contraindications as screened on index_arm.episode_key = screened.episode_key
where index_arm.first_manipulation_day is not null and not screened.is_screening_complete
