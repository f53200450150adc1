-- One episode, with its course in the first four weeks: what the practitioner could see before the decision point.
-- Pain is the last nprs_pre of an attended visit after day 0 and by day 14 or 28 (inclusive), against intake's larger of back
-- and leg pain (at least 1; methods.md section 1); NULL when no such visit has a score. An early responder has 30 % less by day 14.
-- scope: patient
-- key: episode_key
-- expect: pain_improvement_fraction_day14 between -9 and 1
-- expect: pain_improvement_fraction_day28 between -9 and 1
with contacts as (
    select
        session.episode_key,
        cast(count(*) filter (where session.is_attended and session.session_day <= 14) as integer) as attended_by_day14,
        cast(count(*) filter (where session.is_attended) as integer) as attended_by_day28,
        cast(count(*) filter (where session.is_missed) as integer) as missed_by_day28
    from cohort.sessions as session
    where session.session_day <= 28
    group by session.episode_key
),

scored as (
    select
        session.episode_key,
        arg_max(session.nprs_pre, session.attended_no) filter (where session.session_day <= 14) as pain_points_day14,
        arg_max(session.nprs_pre, session.attended_no) as pain_points_day28
    from cohort.sessions as session
    where session.is_attended and session.nprs_pre is not null and session.session_day between 1 and 28
    group by session.episode_key
)

select
    episode.episode_key,
    1 - scored.pain_points_day14 / episode.pain_reference_points as pain_improvement_fraction_day14,
    1 - scored.pain_points_day28 / episode.pain_reference_points as pain_improvement_fraction_day28,
    coalesce(contacts.attended_by_day14, 0) as attended_by_day14,
    coalesce(contacts.attended_by_day28, 0) as attended_by_day28,
    coalesce(contacts.missed_by_day28, 0) as missed_by_day28,
    10 * scored.pain_points_day14 <= 7 * episode.pain_reference_points as is_early_responder
from cohort.episodes as episode
left join contacts on episode.episode_key = contacts.episode_key
left join scored on episode.episode_key = scored.episode_key
