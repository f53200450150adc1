-- What acting on those not expected to improve with rest or exercise alone is worth, by threshold: net benefit of the prognosis,
-- of acting on everybody or nobody, and of named rules; gain is over the better of everybody and nobody. Per 100 episodes.
-- scope: global
-- key: strategy, threshold_percent
-- count: n
-- part: n_events of n
-- expect: status in estimated, refused
select
    curve.strategy,
    cast(round(100 * curve.threshold) as integer) as threshold_percent,
    curve.status,
    curve.reason,
    case when curve.status = 'estimated' then round(100 * curve.net_benefit, 1) end as net_benefit_per_100,
    case when curve.status = 'estimated' then round(100 * curve.lower, 1) end as lower_per_100,
    case when curve.status = 'estimated' then round(100 * curve.upper, 1) end as upper_per_100,
    case when curve.status = 'estimated' then round(100 * curve.gain, 1) end as gain_per_100,
    case when curve.status = 'estimated' then round(100 * curve.gain_lower, 1) end as gain_lower_per_100,
    case when curve.status = 'estimated' then round(100 * curve.gain_upper, 1) end as gain_upper_per_100,
    cast(curve.n as bigint) as n,
    cast(curve.n_events as bigint) as n_events
from estimates.decision_curve as curve
