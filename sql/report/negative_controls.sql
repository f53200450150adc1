-- The 'effect' of each contrast on facts that treatment cannot have caused, in standard deviations: 0 is expected.
-- scope: global
-- key: trial, contrast, control
-- count: n_known
-- expect: status in estimated, refused
select
    control.trial,
    control.contrast,
    control.control,
    control.words,
    control.status,
    control.reason,
    control.is_alarm,
    case when control.status = 'estimated' then round(control.estimate, 3) end as estimate,
    case when control.status = 'estimated' then round(control.lower, 3) end as lower,
    case when control.status = 'estimated' then round(control.upper, 3) end as upper,
    control.n_known
from self_checks.negative_controls as control
