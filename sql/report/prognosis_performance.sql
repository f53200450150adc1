-- How far the prognosis under conservative care can be trusted, beside STarT Back and the manipulation rule on the same episodes.
-- Each predictor out of fold, in each clinic as the others predict it, and over clinics with what a further clinic may show. A figure
-- needs 20 episodes that improved and 20 that did not; a prognosis is never an indication for manipulation.
-- scope: global
-- key: predictor, validation, clinic_code, figure
-- count: n
-- part: n_responses of n
-- expect: status in estimated, refused
select
    performance.predictor,
    performance.validation,
    performance.clinic_code,
    performance.figure,
    performance.status,
    performance.reason,
    case when performance.status = 'estimated' then round(performance.estimate, 3) end as estimate,
    case when performance.status = 'estimated' then round(performance.lower, 3) end as lower,
    case when performance.status = 'estimated' then round(performance.upper, 3) end as upper,
    case when performance.status = 'estimated' then round(performance.next_lower, 3) end as next_lower,
    case when performance.status = 'estimated' then round(performance.next_upper, 3) end as next_upper,
    cast(performance.n as bigint) as n,
    cast(performance.n_responses as bigint) as n_responses
from estimates.prognosis_performance as performance
