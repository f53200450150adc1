-- Every estimated or refused difference in sustained improvement of the network: shares by a day, and mean days improved by it.
-- Positive is better for the first-named treatment. Withheld as the primary outcome of the same contrast is: arms, covariates and
-- what nobody recorded are the same.
-- scope: global
-- key: trial, contrast, measure, day
-- count: n, n_treated, n_comparator, effective_n
-- expect: status in estimated, refused
-- expect: measure in share_improved, mean_days_improved
select
    effects.trial,
    effects.contrast,
    effects.measure,
    cast(effects.day as integer) as day,
    case when withheld.reason is null then effects.status else 'refused' end as status,
    coalesce(withheld.reason, effects.reason) as reason,
    case when effects.status = 'estimated' and withheld.reason is null then round(effects.estimate, 4) end as estimate,
    case when effects.status = 'estimated' and withheld.reason is null then round(effects.lower, 4) end as lower,
    case when effects.status = 'estimated' and withheld.reason is null then round(effects.upper, 4) end as upper,
    cast(effects.n as bigint) as n,
    cast(effects.n_treated as bigint) as n_treated,
    cast(effects.n_comparator as bigint) as n_comparator,
    cast(round(effects.effective_n) as bigint) as effective_n
from estimates.improvement_effects as effects
left join self_checks.withheld as withheld
    on
        effects.trial = withheld.trial
        and withheld.outcome = 'r30d_12wk'
        and effects.contrast = withheld.contrast
