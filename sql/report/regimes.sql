-- The value of every regime of the stepped trial and their differences, estimated or refused; primary outcome and its later time point.
-- scope: global
-- key: trial, outcome, regime
-- count: n, n_followers
-- expect: status in estimated, refused
select
    regime.trial,
    regime.outcome,
    regime.quantity,
    regime.regime,
    case when withheld.reason is null then regime.status else 'refused' end as status,
    coalesce(withheld.reason, regime.reason) as reason,
    case when regime.status = 'estimated' and withheld.reason is null then round(regime.estimate, 4) end as estimate,
    case when regime.status = 'estimated' and withheld.reason is null then round(regime.lower, 4) end as lower,
    case when regime.status = 'estimated' and withheld.reason is null then round(regime.upper, 4) end as upper,
    regime.n,
    regime.n_followers
from estimates.regimes as regime
left join self_checks.withheld as withheld
    on
        regime.trial = withheld.trial
        and regime.outcome = withheld.outcome
        and withheld.contrast = 'all'
where regime.outcome like 'r30d%'
