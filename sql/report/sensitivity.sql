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
    other.status,
    other.reason,
    case when other.status = 'estimated' then round(other.estimate, 4) end as estimate,
    case when other.status = 'estimated' then round(other.lower, 4) end as lower,
    case when other.status = 'estimated' then round(other.upper, 4) end as upper,
    other.n
from estimates.sensitivity as other
where other.outcome = 'r30d_12wk'
