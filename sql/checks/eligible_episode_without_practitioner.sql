-- An eligible episode of a trial without the practitioner that its variance is clustered by.
-- scope: patient
-- table: cohort.eligibility
-- checked: is_eligible
-- field: practitioner_key
-- category: completeness
-- severity: error
-- owner: clinic
-- allowed: 20 %
-- remedy: Export the hashed key of the practitioner with every attended contact: the intervals of the trials rest on it
select
    episode.clinic_code,
    eligibility.trial,
    eligibility.episode_key
from cohort.eligibility as eligibility
left join cohort.episodes as episode on eligibility.episode_key = episode.episode_key
left join cohort.index_arms as index_arm on eligibility.episode_key = index_arm.episode_key
left join cohort.decision as decision on eligibility.episode_key = decision.episode_key
where
    eligibility.is_eligible
    and case eligibility.trial
        when 'decision' then decision.practitioner_key
        else index_arm.practitioner_key
    end is null
