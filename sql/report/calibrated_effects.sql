-- Every effect with the interval that takes the systematic error seen in the negative controls into account, or why there is none.
-- scope: global
-- key: trial, outcome, contrast
-- expect: status in estimated, refused
select
    calibrated.trial,
    calibrated.outcome,
    calibrated.contrast,
    case when withheld.reason is null then calibrated.status else 'refused' end as status,
    coalesce(withheld.reason, calibrated.reason) as reason,
    case
        when calibrated.status = 'estimated' and withheld.reason is null then round(calibrated.estimate, 4)
    end as estimate,
    case when calibrated.status = 'estimated' and withheld.reason is null then round(calibrated.lower, 4) end as lower,
    case when calibrated.status = 'estimated' and withheld.reason is null then round(calibrated.upper, 4) end as upper
from self_checks.calibrated_effects as calibrated
left join self_checks.withheld as withheld
    on
        calibrated.trial = withheld.trial
        and calibrated.outcome = withheld.outcome
        and calibrated.contrast = withheld.contrast
