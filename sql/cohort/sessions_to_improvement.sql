-- One episode with pain of at least 3 at intake and one kind of improvement (the first, or the sustained one of cohort.improvement):
-- how many sessions were attended before the day on which it showed.
-- Pain is scored before treatment, so an improvement seen at the fourth visit came after three sessions. Care that was closed
-- (discharged, referred on, injection or surgery) without improvement competes; care that goes on or broke off without a word ends the count
-- ('censored'), as does an improvement at the end that no later score confirmed or denied. Described by arm, never an effect:
-- who improves stops coming.
-- scope: patient
-- key: episode_key, improvement
-- expect: improvement in first, sustained
-- expect: arm in rest_or_advice, exercise, manipulation
-- expect: event in improved, care_ended, censored
-- expect: event not null
-- expect: sessions between 0 and 365
with care as (
    select
        session.episode_key,
        max(session.session_day) as last_attended_day,
        coalesce(bool_or(session.discharge_status not in ('ongoing', 'lost')), false) as has_ended
    from cohort.sessions as session
    where session.is_attended
    group by session.episode_key
),

courses as (
    select
        improvement.episode_key,
        improvement.clinic_code,
        index_arm.index_arm as arm,
        kind.improvement,
        case kind.improvement
            when 'first' then improvement.first_improvement_day
            else improvement.sustained_improvement_day
        end as improvement_day,
        improvement.injection_or_surgery_day,
        kind.improvement = 'sustained'
        and improvement.event = 'censored'
        and improvement.last_seen_day > improvement.days_to_event as is_unconfirmed,
        improvement.days_to_event as last_known_day,
        care.last_attended_day,
        care.has_ended
    from cohort.improvement as improvement
    inner join cohort.index_arms as index_arm on improvement.episode_key = index_arm.episode_key
    inner join care on improvement.episode_key = care.episode_key
    cross join (values ('first'), ('sustained')) as kind (improvement)
    where improvement.trial = 'index' and index_arm.index_arm is not null
),

endings as (
    select
        courses.episode_key,
        courses.improvement,
        case
            when courses.improvement_day <= courses.last_attended_day then 'improved'
            when courses.injection_or_surgery_day <= courses.last_attended_day then 'care_ended'
            when courses.is_unconfirmed and courses.last_known_day < courses.last_attended_day then 'censored'
            when courses.has_ended then 'care_ended'
            else 'censored'
        end as event,
        case
            when courses.improvement_day <= courses.last_attended_day then courses.improvement_day
            when courses.injection_or_surgery_day <= courses.last_attended_day then courses.injection_or_surgery_day
            when courses.is_unconfirmed and courses.last_known_day < courses.last_attended_day
                then courses.last_known_day + 1
            else courses.last_attended_day + 1
        end as end_day
    from courses
)

select
    courses.episode_key,
    courses.improvement,
    courses.clinic_code,
    courses.arm,
    endings.event,
    cast(count(session.session_key) filter (where session.session_day < endings.end_day) as integer) as sessions
from courses
inner join endings on courses.episode_key = endings.episode_key and courses.improvement = endings.improvement
inner join cohort.sessions as session on courses.episode_key = session.episode_key
where session.is_attended
group by courses.episode_key, courses.improvement, courses.clinic_code, courses.arm, endings.event
