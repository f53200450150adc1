-- A trial whose arms differ by more than 10 points in the share of 12-week outcomes not answered in the window (30 episodes an arm or
-- more): the effect then rests on the weights for who answered.
-- scope: global
-- table: cohort.eligibility
-- checked: is_eligible
-- unit: trial
-- field: status
-- category: completeness
-- context: validation
-- severity: warn
-- owner: analyst
-- allowed: 0 %
-- remedy: Read the effect with its bounds for those who did not answer; ask the clinics why one group answers less
with arms as (
    select
        eligibility.trial,
        case
            when eligibility.trial = 'decision' then decision.strategy
            when eligibility.trial = 'index' then index_arm.index_arm
            when index_arm.index_arm = 'manipulation' then 'manipulation'
            else 'without_manipulation'
        end as arm,
        outcome.status = 'in_window' as is_answered
    from cohort.eligibility as eligibility
    inner join cohort.outcomes as outcome
        on eligibility.episode_key = outcome.episode_key and outcome.timepoint_weeks = 12
    left join cohort.index_arms as index_arm on eligibility.episode_key = index_arm.episode_key
    left join cohort.decision as decision on eligibility.episode_key = decision.episode_key
    where eligibility.is_eligible
),

missingness as (
    select
        arms.trial,
        arms.arm,
        count(*) filter (where not arms.is_answered) / count(*) as missing_share
    from arms
    group by arms.trial, arms.arm
    having count(*) >= 30
)

select
    cast(null as varchar) as clinic_code,
    missingness.trial
from missingness
group by missingness.trial
having max(missingness.missing_share) - min(missingness.missing_share) > 0.1
