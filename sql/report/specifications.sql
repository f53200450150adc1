-- The main contrasts under every other choice that could have been made, estimated or refused; the unadjusted one is marked as naive
-- and is never a result.
-- A contrast whose primary effect is withheld (a self-check failed) is left out.
-- scope: global
-- key: trial, contrast, specification
-- count: n
-- expect: status in estimated, refused
select
    specification.trial,
    specification.contrast,
    specification.specification,
    specification.outcome,
    specification.unit,
    specification.status,
    specification.reason,
    specification.is_main,
    specification.is_naive,
    case when specification.status = 'estimated' then round(specification.estimate, 4) end as estimate,
    case when specification.status = 'estimated' then round(specification.lower, 4) end as lower,
    case when specification.status = 'estimated' then round(specification.upper, 4) end as upper,
    cast(specification.n as bigint) as n
from diagnostics.specifications as specification
anti join self_checks.withheld as withheld
    on
        specification.trial = withheld.trial
        and withheld.outcome = 'r30d_12wk'
        and specification.contrast = withheld.contrast
