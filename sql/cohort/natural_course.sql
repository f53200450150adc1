-- One episode that began on conservative care (baseline pain of the main site at least 3, no manipulation on day 0), and how its
-- course ended first: 30 % less pain of the main site, a step-up, or the last day on which pain was known.
-- Pain after day 0 comes from nprs_pre of attended sessions and from answers in or off their window. A step-up is an injection,
-- surgery or the first manipulation: it competes with improving on conservative care (domain/outcomes.md 2.3), for leaving out
-- those manipulated later would flatter the course. Surgery or injection in an outcome row has the day of that row, so on the same day
-- it goes before an improvement; pain is scored before a manipulation, so on the same day the improvement goes first.
-- First improvement, not sustained improvement. Intake asks for the week's average and sessions for the pain of the moment.
-- scope: patient
-- key: episode_key
-- expect: main_site in leg, back
-- expect: baseline_pain_points between 3 and 10
-- expect: event in improved, stepped_up, censored
-- expect: event_day between 0 and 3650
with pain_scores as (
    select
        session.episode_key,
        session.session_day as day,
        session.nprs_pre as pain_points
    from cohort.sessions as session
    where session.is_attended and session.session_day > 0 and session.nprs_pre is not null
    union all
    select
        outcome.episode_key,
        outcome.completed_day as day,
        outcome.main_pain_points as pain_points
    from cohort.outcomes as outcome
    where outcome.completed_day > 0 and outcome.main_pain_points is not null
),

pain_course as (
    select
        pain_scores.episode_key,
        max(pain_scores.day) as last_seen_day,
        min(pain_scores.day) filter (where 10 * pain_scores.pain_points <= 7 * episode.main_pain_points)
            as improvement_day
    from pain_scores
    inner join cohort.episodes as episode on pain_scores.episode_key = episode.episode_key
    group by pain_scores.episode_key
),

surgery_reports as (
    select
        outcome.episode_key,
        coalesce(outcome.completed_day, outcome.due_day) as day
    from cohort.outcomes as outcome
    where outcome.has_surgery_or_injection
    union all
    select
        session.episode_key,
        session.session_day as day
    from cohort.sessions as session
    where session.discharge_status = 'surgery'
),

surgeries as (
    select
        surgery_reports.episode_key,
        min(surgery_reports.day) as surgery_day
    from surgery_reports
    group by surgery_reports.episode_key
),

courses as (
    select
        episode.episode_key,
        episode.clinic_code,
        episode.main_site,
        episode.main_pain_points as baseline_pain_points,
        pain_course.improvement_day,
        surgeries.surgery_day,
        index_arm.first_manipulation_day,
        coalesce(pain_course.last_seen_day, 0) as last_seen_day
    from cohort.episodes as episode
    inner join cohort.index_arms as index_arm on episode.episode_key = index_arm.episode_key
    left join pain_course on episode.episode_key = pain_course.episode_key
    left join surgeries on episode.episode_key = surgeries.episode_key
    where episode.main_pain_points >= 3 and coalesce(index_arm.first_manipulation_day > 0, true)
),

endings as (
    select
        courses.episode_key,
        case
            when
                courses.improvement_day is not null
                and coalesce(courses.improvement_day < courses.surgery_day, true)
                and coalesce(courses.improvement_day <= courses.first_manipulation_day, true)
                then 'improved'
            when courses.surgery_day is not null or courses.first_manipulation_day is not null then 'stepped_up'
            else 'censored'
        end as event
    from courses
)

select
    courses.episode_key,
    courses.clinic_code,
    courses.main_site,
    courses.baseline_pain_points,
    courses.improvement_day,
    least(courses.surgery_day, courses.first_manipulation_day) as step_up_day,
    case
        when courses.surgery_day <= courses.first_manipulation_day or courses.first_manipulation_day is null
            then case when courses.surgery_day is not null then 'surgery_or_injection' end
        else 'manipulation'
    end as step_up,
    courses.last_seen_day,
    endings.event,
    case endings.event
        when 'improved' then courses.improvement_day
        when 'stepped_up' then least(courses.surgery_day, courses.first_manipulation_day)
        else courses.last_seen_day
    end as event_day
from courses
inner join endings on courses.episode_key = endings.episode_key
