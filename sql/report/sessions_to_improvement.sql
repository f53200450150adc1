-- Share improved after chosen numbers of sessions by arm of the first 14 days, with care that ended competing.
-- Described, not an effect: the arms differ in more than their treatment, and who improves stops coming.
-- A number of sessions that fewer than 20 episodes reached is left out.
-- scope: global
-- key: improvement, arm, sessions_no
-- count: n_at_risk
-- expect: improvement in first, sustained
with chosen as (
    select unnest([1, 2, 3, 4, 6, 8, 12]) as sessions_no
),

reached as (
    select
        course.improvement,
        course.arm,
        max(course.sessions) as most_sessions
    from estimates.sessions_to_improvement as course
    group by course.improvement, course.arm
),

steps as (
    select
        course.improvement,
        course.arm,
        chosen.sessions_no,
        course.cumulative_improved,
        course.lower,
        course.upper,
        course.cumulative_care_ended,
        course.n_at_risk,
        course.median_sessions
    from estimates.sessions_to_improvement as course
    inner join chosen on course.sessions <= chosen.sessions_no
    inner join reached
        on
            course.improvement = reached.improvement
            and course.arm = reached.arm
            and chosen.sessions_no <= reached.most_sessions
    qualify
        row_number() over (
            partition by course.improvement, course.arm, chosen.sessions_no
            order by course.sessions desc
        ) = 1
)

select
    steps.improvement,
    steps.arm,
    cast(steps.sessions_no as integer) as sessions_no,
    cast(round(100 * steps.cumulative_improved) as integer) as improved_percent,
    cast(round(100 * steps.lower) as integer) as lower_percent,
    cast(round(100 * steps.upper) as integer) as upper_percent,
    cast(round(100 * steps.cumulative_care_ended) as integer) as care_ended_percent,
    cast(round(steps.median_sessions) as integer) as median_sessions_no,
    cast(steps.n_at_risk as bigint) as n_at_risk
from steps
where steps.n_at_risk >= 20
