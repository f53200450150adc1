-- The effect, and the nearer end of its interval, that a hidden factor of each pair of strengths would leave.
-- What is withheld (a self-check failed) is left out.
-- scope: global
-- key: trial, outcome, contrast, outcome_r2, treatment_r2
-- expect: estimate not null
select
    contour.trial,
    contour.outcome,
    contour.contrast,
    contour.outcome_r2,
    contour.treatment_r2,
    round(contour.estimate, 4) as estimate,
    round(contour.nearer_limit, 4) as nearer_limit
from diagnostics.confounding_contours as contour
anti join self_checks.withheld as withheld
    on
        contour.trial = withheld.trial
        and contour.outcome = withheld.outcome
        and contour.contrast = withheld.contrast
