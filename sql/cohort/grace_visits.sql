-- One attended visit from the decision trial's time zero to 14 days after it that says what was done: what the practitioner saw there
-- and whether manipulation was given. Visits are numbered from 0, time zero's. A visit without a recorded component says nothing
-- of the strategy and is left out, as in cohort.decision. Pain is against intake's larger of back and leg pain (at least 1).
-- scope: patient
-- key: episode_key, visit_no
-- expect: days_since_time_zero between 0 and 14
-- expect: pain_at_visit between 0 and 10
-- expect: improvement_fraction_at_visit between -9 and 1
-- expect: has_manipulation not null
with visits as (
    select
        decision.episode_key,
        session.attended_no,
        session.session_day,
        decision.time_zero_day,
        session.nprs_pre,
        session.has_manipulation,
        time_zero.attended_no as first_attended_no
    from cohort.decision as decision
    inner join cohort.sessions as time_zero on decision.time_zero_session_key = time_zero.session_key
    inner join cohort.sessions as session on decision.episode_key = session.episode_key
    where
        session.is_attended
        and session.has_component
        and session.attended_no >= time_zero.attended_no
        and session.session_day <= decision.time_zero_day + 14
),

absences as (
    select
        visits.episode_key,
        visits.attended_no,
        cast(count(session.session_key) as integer) as missed_before_visit
    from visits
    left join cohort.sessions as session
        on
            visits.episode_key = session.episode_key
            and visits.session_day > session.session_day
            and session.is_missed
    group by visits.episode_key, visits.attended_no
)

select
    visits.episode_key,
    visits.attended_no - visits.first_attended_no as visit_no,
    visits.session_day - visits.time_zero_day as days_since_time_zero,
    visits.nprs_pre as pain_at_visit,
    1 - visits.nprs_pre / episode.pain_reference_points as improvement_fraction_at_visit,
    visits.attended_no - 1 as attended_before_visit,
    absences.missed_before_visit,
    visits.has_manipulation
from visits
inner join cohort.episodes as episode on visits.episode_key = episode.episode_key
inner join absences on visits.episode_key = absences.episode_key and visits.attended_no = absences.attended_no
