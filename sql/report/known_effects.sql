-- What the night's estimator made of outcomes with a known effect, put into the group's own records: bias and its Monte Carlo
-- error, the share of 95 % intervals that held the truth, the shares of false discoveries with the largest allowed, and the smallest
-- effect it could tell. Shares are of replications, not of people.
-- scope: global
-- key: trial, outcome, contrast, world
-- expect: is_passed not null
select
    known.trial,
    known.outcome,
    known.contrast,
    known.world,
    known.effort,
    cast(known.n_replications as varchar) as replications,
    round(known.true_effect, 4) as true_effect,
    round(known.bias, 4) as bias,
    round(known.bias_error, 4) as bias_error,
    round(known.largest_bias, 4) as largest_bias,
    round(known.n_covered / nullif(known.n_replications, 0), 3) as covered_share,
    round(known.least_covered / nullif(known.n_replications, 0), 3) as least_covered_share,
    round(known.n_likely_gain / nullif(known.n_replications, 0), 3) as likely_gain_share,
    round(known.most_likely_gain / nullif(known.n_replications, 0), 3) as largest_likely_gain_share,
    round(known.n_differences / nullif(known.n_replications, 0), 3) as differences_share,
    round(known.most_differences / nullif(known.n_replications, 0), 3) as largest_differences_share,
    round(known.n_rules / nullif(known.n_rule_replications, 0), 3) as rules_share,
    round(known.most_rules / nullif(known.n_rule_replications, 0), 3) as largest_rules_share,
    round(known.smallest_detectable, 4) as smallest_detectable,
    known.is_passed,
    known.reason
from self_checks.plasmode as known
