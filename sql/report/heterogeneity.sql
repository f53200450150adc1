-- Whether patients differ in what they gain, a row a contrast: the verdict, and the slope of the scores on the expected gains.
-- Nothing is shown of a contrast whose self-check failed.
-- scope: global
-- key: trial, outcome, contrast
-- expect: is_shown not null
select
    test.trial,
    test.outcome,
    test.contrast,
    test.is_shown and withheld.reason is null as is_shown,
    coalesce(withheld.reason, test.verdict) as verdict,
    case when withheld.reason is null then round(test.estimate, 3) end as slope,
    case when withheld.reason is null then round(test.lower, 3) end as slope_lower,
    case when withheld.reason is null then round(test.upper, 3) end as slope_upper,
    case when withheld.reason is null then test.episodes_needed end as episodes_needed
from estimates.heterogeneity as test
left join self_checks.withheld as withheld
    on
        test.trial = withheld.trial
        and test.outcome = withheld.outcome
        and test.contrast = withheld.contrast
where test.test = 'slope'
