-- One episode, with what was started in the first 14 days (days 0 to 13, attended contacts only; methods.md section 1).
-- Manipulation goes before exercise, and exercise before rest or advice; rest or advice means nothing else was done.
-- The arm is NULL when no component was recorded, and when only passive treatment (soft tissue, traction, ...) was given.
-- first_manipulation_day is the first in the whole episode, also after day 13; the practitioner is that of the first visit.
-- scope: patient
-- key: episode_key
-- expect: index_arm in rest_or_advice, exercise, manipulation
-- expect: first_manipulation_day between 0 and 3650
with first_fortnight as (
    select
        session.episode_key,
        bool_or(session.has_component) as has_component,
        bool_or(session.has_manipulation) as has_manipulation,
        bool_or(session.has_exercise) as has_exercise,
        bool_or(session.has_other) as has_other
    from cohort.sessions as session
    where session.is_attended and session.session_day between 0 and 13
    group by session.episode_key
),

manipulations as (
    select
        session.episode_key,
        min(session.session_day) as first_manipulation_day
    from cohort.sessions as session
    where session.has_manipulation
    group by session.episode_key
)

select
    episode.episode_key,
    case
        when first_fortnight.has_manipulation then 'manipulation'
        when first_fortnight.has_exercise then 'exercise'
        when first_fortnight.has_component and not first_fortnight.has_other then 'rest_or_advice'
    end as index_arm,
    manipulations.first_manipulation_day,
    coalesce(first_fortnight.has_component, false) as has_component_by_day14,
    first_fortnight.has_exercise as has_exercise_by_day14,
    episode.practitioner_key
from cohort.episodes as episode
left join first_fortnight on episode.episode_key = first_fortnight.episode_key
left join manipulations on episode.episode_key = manipulations.episode_key
