-- One episode's time to what three indicators ask, with what competes: sustained improvement after day 0 (QI-15, days; injection or
-- surgery competes), improvement by attended sessions (QI-16, sessions; care that ended competes), and step-up to manipulation of those
-- not manipulated on day 0 (QI-19, days; injection, surgery or the end of care competes). Else the count ends when the episode was last
-- known.
-- scope: patient
-- key: indicator, episode_key
-- expect: indicator in QI-15, QI-16, QI-19
-- expect: event in reached, competing, censored
-- expect: event not null
-- expect: time_to_event between 0 and 3650
with visits as (
    select
        session.episode_key,
        max(session.session_day) as last_attended_day,
        min(session.session_day) filter (where session.has_manipulation) as first_manipulation_day,
        min(session.session_day) filter (where session.discharge_status not in ('ongoing', 'lost')) as end_day
    from cohort.sessions as session
    where session.is_attended
    group by session.episode_key
),

starters as (
    select
        episode.episode_key,
        episode.clinic_code,
        visits.first_manipulation_day,
        visits.last_attended_day,
        least(visits.end_day, improvement.injection_or_surgery_day) as competing_day
    from cohort.episodes as episode
    inner join visits on episode.episode_key = visits.episode_key
    left join cohort.improvement as improvement
        on episode.episode_key = improvement.episode_key and improvement.trial = 'index'
    where coalesce(visits.first_manipulation_day > 0, true)
)

select
    'QI-15' as indicator,
    improvement.episode_key,
    improvement.clinic_code,
    case improvement.event
        when 'improved' then 'reached'
        when 'injection_or_surgery' then 'competing'
        else 'censored'
    end as event,
    improvement.days_to_event as time_to_event
from cohort.improvement as improvement
where improvement.trial = 'index'
union all
select
    'QI-16' as indicator,
    course.episode_key,
    course.clinic_code,
    case course.event
        when 'improved' then 'reached'
        when 'care_ended' then 'competing'
        else 'censored'
    end as event,
    course.sessions as time_to_event
from cohort.sessions_to_improvement as course
where course.improvement = 'first'
union all
select
    'QI-19' as indicator,
    starters.episode_key,
    starters.clinic_code,
    case
        when starters.first_manipulation_day <= coalesce(starters.competing_day, starters.first_manipulation_day)
            then 'reached'
        when starters.competing_day is not null then 'competing'
        else 'censored'
    end as event,
    case
        when starters.first_manipulation_day <= coalesce(starters.competing_day, starters.first_manipulation_day)
            then starters.first_manipulation_day
        else coalesce(starters.competing_day, starters.last_attended_day)
    end as time_to_event
from starters
