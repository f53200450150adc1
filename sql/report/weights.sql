-- How far the weights of each contrast and arm stretch, in multiples of the mean weight. Quantiles need 20 weights.
-- scope: global
-- key: trial, outcome, contrast, arm
-- count: n, effective_n
select
    weight.trial,
    weight.outcome,
    weight.contrast,
    weight.arm,
    cast(weight.n as bigint) as n,
    cast(round(weight.effective_n) as bigint) as effective_n,
    case when weight.n >= 20 then round(weight.quantile_50, 2) end as quantile_50,
    case when weight.n >= 20 then round(weight.quantile_90, 2) end as quantile_90,
    case when weight.n >= 20 then round(weight.quantile_99, 2) end as quantile_99,
    case when weight.n >= 20 then round(weight.largest, 1) end as largest,
    case when weight.n >= 20 then round(weight.clipped_share, 3) end as clipped_share
from diagnostics.weights as weight
