-- Share of the network with sustained improvement by chosen days from time zero under each strategy of a trial, adjusted, with
-- injection or surgery competing; beside it the share as it was, unadjusted.
-- Arms of a contrast whose primary effect is withheld (a self-check failed) are left out.
-- A day on which fewer than 20 episodes were still followed is left out: a share of so few is a share of persons.
-- scope: global
-- key: trial, arm, day
-- count: n_at_risk
select
    course.trial,
    course.arm,
    cast(course.day as integer) as day,
    cast(round(100 * course.cumulative_improved) as integer) as improved_percent,
    cast(round(100 * course.lower) as integer) as lower_percent,
    cast(round(100 * course.upper) as integer) as upper_percent,
    cast(round(100 * course.cumulative_injection_or_surgery) as integer) as injection_or_surgery_percent,
    cast(round(100 * course.unadjusted_improved) as integer) as unadjusted_percent,
    cast(course.n_at_risk as bigint) as n_at_risk
from estimates.improvement_curves as course
where
    course.day in (14, 28, 56, 84)
    and course.n_at_risk >= 20
    and not exists (
        select withheld.reason
        from self_checks.withheld as withheld
        where
            withheld.trial = course.trial
            and withheld.outcome = 'r30d_12wk'
            and list_contains(string_split(withheld.contrast, ' - '), course.arm)
    )
