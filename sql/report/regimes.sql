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
    regime.status,
    regime.reason,
    case when regime.status = 'estimated' then round(regime.estimate, 4) end as estimate,
    case when regime.status = 'estimated' then round(regime.lower, 4) end as lower,
    case when regime.status = 'estimated' then round(regime.upper, 4) end as upper,
    regime.n,
    regime.n_followers
from estimates.regimes as regime
where regime.outcome like 'r30d%'
