-- Every estimated or refused contrast of dose of the network: technique and number of sessions in the first 14 days, and the
-- number of sessions in 12 weeks, which is always refused. Effects are points of the scale or risk differences.
-- scope: global
-- key: trial, outcome, contrast
-- count: n, n_treated, n_comparator, effective_n
-- expect: status in estimated, refused
select
    effects.trial,
    effects.outcome,
    effects.contrast,
    effects.status,
    effects.reason,
    case when effects.status = 'estimated' then round(effects.estimate, 4) end as estimate,
    case when effects.status = 'estimated' then round(effects.lower, 4) end as lower,
    case when effects.status = 'estimated' then round(effects.upper, 4) end as upper,
    cast(effects.n as bigint) as n,
    cast(effects.n_treated as bigint) as n_treated,
    cast(effects.n_comparator as bigint) as n_comparator,
    cast(round(effects.effective_n) as bigint) as effective_n
from estimates.dose_effects as effects
