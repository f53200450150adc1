-- An episode that was manipulated although an absolute contraindication is met on the records of day 0: a list for the clinical lead.
-- scope: patient
-- table: cohort.index_arms
-- checked: first_manipulation_day is not null
-- category: plausibility atemporal
-- severity: warn
-- owner: clinical_lead
-- allowed: 2 %
-- remedy: Review these episodes with the clinicians: either the record or the treatment was wrong
select
    episode.clinic_code,
    index_arm.episode_key
from cohort.index_arms as index_arm
left join cohort.episodes as episode on index_arm.episode_key = episode.episode_key
inner join cohort.contraindications as screened on index_arm.episode_key = screened.episode_key
where index_arm.first_manipulation_day is not null and screened.contraindication = 'absolute'
