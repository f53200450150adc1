-- An episode that was manipulated although an absolute contraindication is met on the records of day 0: a list for the clinical lead.
-- table: cohort.index_arms
-- severity: warn
-- allowed: 2 %
select index_arm.episode_key
from cohort.index_arms as index_arm
inner join cohort.contraindications as screened on index_arm.episode_key = screened.episode_key
where index_arm.first_manipulation_day is not null and screened.contraindication = 'absolute'
