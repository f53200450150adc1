-- What the arms of each trial were like at time zero, before any weighting: shares from rounded counts, means of numbers to one
-- decimal where at least 20 were recorded. Level '' is a number described by its mean; levels that few have are told as 'other'.
-- scope: global
-- key: trial, arm, covariate, level
-- count: n, n_recorded
-- part: n_with of n_recorded
-- figure: mean, standard_deviation of n_recorded
select
    baseline.trial,
    baseline.arm,
    baseline.covariate,
    baseline.level,
    cast(baseline.n as bigint) as n,
    cast(baseline.n_recorded as bigint) as n_recorded,
    cast(baseline.n_with as bigint) as n_with,
    case when baseline.n_recorded >= 20 then round(baseline.mean, 1) end as mean,
    case when baseline.n_recorded >= 20 then round(baseline.standard_deviation, 1) end as standard_deviation
from diagnostics.baseline as baseline
