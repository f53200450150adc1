-- Times to improvement (QI-15 days, QI-16 sessions) and to step-up (QI-19) by clinic ('network': all), with what competes: medians in days or
-- sessions, shares in percent, with their 95 % interval, or a refusal with its reason. Fewer than 20 are not told. Not adjusted.
-- scope: global
-- key: indicator, measure, clinic_code
-- count: n
-- expect: status in estimated, refused
select
    course.indicator,
    course.measure,
    course.clinic_code,
    course.status,
    course.reason,
    cast(course.n as bigint) as n,
    round(case when course.measure like 'median%' then 1 else 100 end * course.estimate) as estimate,
    round(case when course.measure like 'median%' then 1 else 100 end * course.lower) as lower,
    round(case when course.measure like 'median%' then 1 else 100 end * course.upper) as upper
from estimates.clinic_courses as course
