-- One episode with what it was given: attended sessions in 12 weeks (days 0 to 83), those with thrust, non-thrust mobilisation and an
-- instrument (codes as in cohort.sessions; a session can count more than once), and exercise.
-- technique_by_day14 is the one technique of manipulation used in the first 14 days, NULL without manipulation or with several;
-- sessions_by_day14 counts what was attended in them. Twelve weeks are observed from observed_through_day 84 on: before it the
-- counts are of a part of the time and nobody's dose.
-- scope: patient
-- key: episode_key
-- expect: sessions between 0 and 365
-- expect: technique_by_day14 in thrust, nonthrust_mobilisation, instrument
-- expect: sessions_by_day14 in one_session, two_sessions, three_or_more_sessions
-- expect: is_observed_12wk not null
with counted as (
    select
        session.episode_key,
        count(*) as sessions,
        count(*) filter (where session.has_thrust) as thrust_sessions,
        count(*) filter (where session.has_nonthrust) as nonthrust_sessions,
        count(*) filter (where session.has_instrument) as instrument_sessions,
        count(*) filter (where session.has_exercise) as exercise_sessions,
        count(*) filter (where session.session_day < 14) as early_sessions,
        coalesce(bool_or(session.has_thrust and session.session_day < 14), false) as has_early_thrust,
        coalesce(bool_or(session.has_nonthrust and session.session_day < 14), false) as has_early_nonthrust,
        coalesce(bool_or(session.has_instrument and session.session_day < 14), false) as has_early_instrument
    from cohort.sessions as session
    where session.is_attended and session.session_day between 0 and 83
    group by session.episode_key
)

select
    episode.episode_key,
    episode.clinic_code,
    index_arm.index_arm as arm,
    coalesce(episode.observed_through_day >= 84, false) as is_observed_12wk,
    cast(coalesce(counted.sessions, 0) as integer) as sessions,
    cast(coalesce(counted.thrust_sessions, 0) as integer) as thrust_sessions,
    cast(coalesce(counted.nonthrust_sessions, 0) as integer) as nonthrust_sessions,
    cast(coalesce(counted.instrument_sessions, 0) as integer) as instrument_sessions,
    cast(coalesce(counted.exercise_sessions, 0) as integer) as exercise_sessions,
    case
        when
            cast(counted.has_early_thrust as integer)
            + cast(counted.has_early_nonthrust as integer)
            + cast(counted.has_early_instrument as integer) != 1
            then null
        when counted.has_early_thrust then 'thrust'
        when counted.has_early_nonthrust then 'nonthrust_mobilisation'
        when counted.has_early_instrument then 'instrument'
    end as technique_by_day14,
    case
        when counted.early_sessions = 1 then 'one_session'
        when counted.early_sessions = 2 then 'two_sessions'
        when counted.early_sessions >= 3 then 'three_or_more_sessions'
    end as sessions_by_day14
from cohort.episodes as episode
left join cohort.index_arms as index_arm on episode.episode_key = index_arm.episode_key
left join counted on episode.episode_key = counted.episode_key
