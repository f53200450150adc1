-- What is missing, by arm, variable and reason ('any': all reasons together); shares are worked out from rounded counts.
-- scope: global
-- key: trial, arm, role, variable, reason
-- count: n
-- part: n_missing of n
-- expect: role in covariate, outcome
select
    missing.trial,
    missing.arm,
    missing.role,
    missing.variable,
    missing.reason,
    cast(missing.n as bigint) as n,
    cast(missing.n_missing as bigint) as n_missing
from diagnostics.missing_data as missing
