-- An eligible episode of a trial without the practitioner that its variance is clustered by.
-- table: cohort.eligibility
-- severity: error
-- allowed: 20 %
select
    eligibility.trial,
    eligibility.episode_key
from cohort.eligibility as eligibility
left join cohort.index_arms as index_arm on eligibility.episode_key = index_arm.episode_key
left join cohort.decision as decision on eligibility.episode_key = decision.episode_key
where
    eligibility.is_eligible
    and case eligibility.trial
        when 'index' then index_arm.practitioner_key
        else decision.practitioner_key
    end is null
