-- One attended visit of a trial's grace period that says what was done: what the practitioner saw there and the treatment given. For
-- decision from time zero to 14 days after it, for index days 0 to 13. Visits are numbered from 0, time zero's. A visit without a
-- recorded component says nothing of the strategy and is left out. The treatment is the first of manipulation, exercise and passive
-- treatment that was given, as in cohort.index_arms; exercise before the visit is of this grace period. Pain is against intake's
-- larger of back and leg pain (at least 1).
-- scope: patient
-- key: trial, episode_key, visit_no
-- expect: trial in decision, index
-- expect: days_since_time_zero between 0 and 14
-- expect: pain_at_visit between 0 and 10
-- expect: improvement_fraction_at_visit between -9 and 1
-- expect: had_exercise_before_visit not null
-- expect: treatment in manipulation, exercise, passive, rest_or_advice
-- expect: treatment not null
with grace_periods as (
    select
        'decision' as trial,
        decision.episode_key,
        decision.time_zero_day,
        decision.time_zero_day + 14 as last_day,
        time_zero.attended_no as first_attended_no
    from cohort.decision as decision
    inner join cohort.sessions as time_zero on decision.time_zero_session_key = time_zero.session_key
    union all
    select
        'index' as trial,
        episode.episode_key,
        0 as time_zero_day,
        13 as last_day,
        1 as first_attended_no
    from cohort.episodes as episode
),

visits as (
    select
        grace_period.trial,
        grace_period.episode_key,
        grace_period.time_zero_day,
        grace_period.first_attended_no,
        session.attended_no,
        session.session_day,
        session.nprs_pre,
        session.has_exercise,
        case
            when session.has_manipulation then 'manipulation'
            when session.has_exercise then 'exercise'
            when session.has_other then 'passive'
            else 'rest_or_advice'
        end as treatment
    from grace_periods as grace_period
    inner join cohort.sessions as session on grace_period.episode_key = session.episode_key
    where
        session.is_attended
        and session.has_component
        and session.attended_no >= grace_period.first_attended_no
        and session.session_day between grace_period.time_zero_day and grace_period.last_day
),

absences as (
    select
        visits.trial,
        visits.episode_key,
        visits.attended_no,
        cast(count(session.session_key) as integer) as missed_before_visit
    from visits
    left join cohort.sessions as session
        on
            visits.episode_key = session.episode_key
            and visits.session_day > session.session_day
            and session.is_missed
    group by visits.trial, visits.episode_key, visits.attended_no
)

select
    visits.trial,
    visits.episode_key,
    visits.attended_no - visits.first_attended_no as visit_no,
    visits.session_day - visits.time_zero_day as days_since_time_zero,
    visits.nprs_pre as pain_at_visit,
    1 - visits.nprs_pre / episode.pain_reference_points as improvement_fraction_at_visit,
    visits.attended_no - 1 as attended_before_visit,
    absences.missed_before_visit,
    coalesce(
        bool_or(visits.has_exercise) over (
            partition by visits.trial, visits.episode_key
            order by visits.attended_no
            rows between unbounded preceding and 1 preceding
        ),
        false
    ) as had_exercise_before_visit,
    visits.treatment
from visits
inner join cohort.episodes as episode on visits.episode_key = episode.episode_key
inner join absences
    on
        visits.trial = absences.trial
        and visits.episode_key = absences.episode_key
        and visits.attended_no = absences.attended_no
