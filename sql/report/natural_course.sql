-- The natural course on conservative care on chosen days: cumulative share improved, with surgery or injection competing.
-- A day on which fewer than 20 episodes were still followed is left out: a share of so few is a share of persons.
-- scope: global
-- key: source, clinic_code, day
-- count: n_at_risk
with chosen_days as (
    select unnest([14, 28, 42, 84, 182, 364]) as day
),

followed as (
    select
        course.source,
        course.clinic_code,
        max(course.day) as last_day
    from estimates.natural_course as course
    group by course.source, course.clinic_code
),

steps as (
    select
        course.source,
        course.clinic_code,
        chosen_days.day,
        course.cumulative_improved,
        course.lower,
        course.upper,
        course.cumulative_stepped_up,
        course.median_day,
        course.n_at_risk
    from estimates.natural_course as course
    inner join chosen_days on course.day <= chosen_days.day
    inner join followed
        on
            course.source = followed.source
            and course.clinic_code = followed.clinic_code
            and chosen_days.day <= followed.last_day
    qualify
        row_number() over (
            partition by course.source, course.clinic_code, chosen_days.day
            order by course.day desc
        ) = 1
)

select
    steps.source,
    steps.clinic_code,
    cast(steps.day as integer) as day,
    cast(round(100 * steps.cumulative_improved) as integer) as improved_percent,
    cast(round(100 * steps.lower) as integer) as lower_percent,
    cast(round(100 * steps.upper) as integer) as upper_percent,
    cast(round(100 * steps.cumulative_stepped_up) as integer) as stepped_up_percent,
    cast(round(steps.median_day) as integer) as median_day,
    cast(steps.n_at_risk as bigint) as n_at_risk
from steps
where steps.n_at_risk >= 20
