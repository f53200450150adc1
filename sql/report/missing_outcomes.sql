-- Worst and best case of those who did not answer, and how much worse they must have fared for the verdict to turn.
-- What is withheld (a self-check failed) is left out.
-- scope: global
-- key: trial, outcome, contrast
-- expect: worst_case not null
select
    missing.trial,
    missing.outcome,
    missing.contrast,
    round(missing.estimate, 4) as estimate,
    cast(round(20 * missing.missing_treated) * 5 as integer) as missing_treated_percent,
    cast(round(20 * missing.missing_comparator) * 5 as integer) as missing_comparator_percent,
    round(missing.worst_case, 4) as worst_case,
    round(missing.best_case, 4) as best_case,
    missing.verdict,
    round(missing.plausible_delta, 4) as plausible_delta,
    round(missing.tipping_delta, 4) as tipping_delta,
    round(missing.tipping_delta_both_arms, 4) as tipping_delta_both_arms
from diagnostics.missing_outcomes as missing
anti join self_checks.withheld as withheld
    on
        missing.trial = withheld.trial
        and missing.outcome = withheld.outcome
        and missing.contrast = withheld.contrast
