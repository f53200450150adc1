-- Whether patients differ in what they gain, a row a contrast: the verdict, and the slope of the scores on the expected gains.
-- scope: global
-- key: trial, outcome, contrast
-- expect: is_shown not null
select
    test.trial,
    test.outcome,
    test.contrast,
    test.is_shown,
    test.verdict,
    round(test.estimate, 3) as slope,
    round(test.lower, 3) as slope_lower,
    round(test.upper, 3) as slope_upper,
    test.episodes_needed
from estimates.heterogeneity as test
where test.test = 'slope'
