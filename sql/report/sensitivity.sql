-- The primary outcome of both trials analysed in other ways than the main one, estimated or refused.
-- scope: global
-- key: trial, outcome, contrast, analysis
-- count: n
-- expect: status in estimated, refused
select
    other.trial,
    other.outcome,
    other.contrast,
    other.analysis,
    case when withheld.reason is null then other.status else 'refused' end as status,
    coalesce(withheld.reason, other.reason) as reason,
    case when other.status = 'estimated' and withheld.reason is null then round(other.estimate, 4) end as estimate,
    case when other.status = 'estimated' and withheld.reason is null then round(other.lower, 4) end as lower,
    case when other.status = 'estimated' and withheld.reason is null then round(other.upper, 4) end as upper,
    other.n
from estimates.sensitivity as other
left join self_checks.withheld as withheld
    on
        other.trial = withheld.trial
        and other.outcome = withheld.outcome
        and other.contrast = withheld.contrast
where other.outcome = 'r30d_12wk'
