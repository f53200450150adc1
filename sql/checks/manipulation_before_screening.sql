-- An episode that was manipulated although its red-flag screening is not complete (domain/screening.md: a quality failure).
-- table: cohort.index_arms
-- severity: warn
-- allowed: 5 %
select index_arm.episode_key
from cohort.index_arms as index_arm
inner join cohort.contraindications as screened on index_arm.episode_key = screened.episode_key
where index_arm.first_manipulation_day is not null and not screened.is_screening_complete
