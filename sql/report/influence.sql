-- How far each effect moves without one clinic, or one practitioner, and whether the verdict turns; never which one it is.
-- With fewer than 3 of them the range would be that of the other one alone, and is left out.
-- What is withheld (a self-check failed) is left out.
-- scope: global
-- key: trial, outcome, contrast, unit
-- expect: unit in clinic, practitioner
select
    influence.trial,
    influence.outcome,
    influence.contrast,
    influence.unit,
    case when influence.n_units >= 3 then round(influence.estimate, 4) end as estimate,
    case when influence.n_units >= 3 then round(influence.lowest, 4) end as lowest,
    case when influence.n_units >= 3 then round(influence.highest, 4) end as highest,
    case when influence.n_units >= 3 then round(influence.largest_shift_se, 2) end as largest_shift_se,
    influence.verdict,
    influence.is_verdict_changed,
    influence.is_sign_changed
from diagnostics.influence as influence
anti join self_checks.withheld as withheld
    on
        influence.trial = withheld.trial
        and influence.outcome = withheld.outcome
        and influence.contrast = withheld.contrast
