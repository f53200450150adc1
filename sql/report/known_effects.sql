-- What the night's estimator made of outcomes with a known effect, put into the group's own records: bias and its Monte Carlo
-- error, how many 95 % intervals held the truth, false discoveries with the most allowed, and the smallest effect it could tell.
-- Counts are of replications, not of people.
-- scope: global
-- key: trial, outcome, contrast, world
-- expect: is_passed not null
select
    known.trial,
    known.outcome,
    known.contrast,
    known.world,
    known.effort,
    known.n_replications,
    round(known.true_effect, 4) as true_effect,
    round(known.bias, 4) as bias,
    round(known.bias_error, 4) as bias_error,
    round(known.largest_bias, 4) as largest_bias,
    known.n_covered,
    known.least_covered,
    known.n_likely_gain,
    known.most_likely_gain,
    known.n_differences,
    known.most_differences,
    known.n_rules,
    known.most_rules,
    round(known.smallest_detectable, 4) as smallest_detectable,
    known.is_passed,
    known.reason
from self_checks.plasmode as known
