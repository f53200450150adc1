-- An eligible episode of a trial without an arm, or with one that no recorded component of its time window bears out.
-- scope: patient
-- table: cohort.eligibility
-- category: conformance computational
-- severity: error
-- owner: stepcare
-- allowed: 0 %
-- remedy: Compare cohort.index_arms and cohort.decision with the components of their time window: the SQL that gives the arm is wrong
with components as (
    select
        eligibility.trial,
        episode.clinic_code,
        eligibility.episode_key,
        case eligibility.trial
            when 'decision' then decision.strategy
            when 'index' then index_arm.index_arm
            else coalesce(index_arm.index_arm, 'without_manipulation')
        end as arm,
        bool_or(session.has_component) as has_component,
        bool_or(session.has_manipulation) as has_manipulation
    from cohort.eligibility as eligibility
    left join cohort.episodes as episode on eligibility.episode_key = episode.episode_key
    left join cohort.index_arms as index_arm on eligibility.episode_key = index_arm.episode_key
    left join cohort.decision as decision on eligibility.episode_key = decision.episode_key
    left join cohort.sessions as session
        on
            eligibility.episode_key = session.episode_key
            and session.is_attended
            and case eligibility.trial
                when 'decision'
                    then session.session_day between decision.time_zero_day and decision.time_zero_day + 14
                else session.session_day between 0 and 13
            end
    where eligibility.is_eligible
    group by eligibility.trial, episode.clinic_code, eligibility.episode_key, index_arm.index_arm, decision.strategy
)

select
    components.clinic_code,
    components.trial,
    components.episode_key
from components
where
    components.arm is null
    or not coalesce(components.has_component, false)
    or (components.arm in ('manipulation', 'add_manipulation')) <> coalesce(components.has_manipulation, false)
