-- How strong a hidden factor would have to be to explain an effect away: E-value, robustness value, and what a factor as strong as
-- the strongest measured group of factors would leave.
-- What is withheld (a self-check failed) is left out.
-- scope: global
-- key: trial, outcome, contrast
-- expect: estimate not null
select
    confounding.trial,
    confounding.outcome,
    confounding.contrast,
    round(confounding.estimate, 4) as estimate,
    round(confounding.lower, 4) as lower,
    round(confounding.upper, 4) as upper,
    round(confounding.e_value, 2) as e_value,
    round(confounding.e_value_limit, 2) as e_value_limit,
    confounding.is_ratio_approximate,
    round(confounding.robustness_value, 4) as robustness_value,
    round(confounding.robustness_value_limit, 4) as robustness_value_limit,
    confounding.strongest_group,
    round(confounding.outcome_r2, 4) as outcome_r2,
    round(confounding.treatment_r2, 4) as treatment_r2,
    round(confounding.estimate_1x, 4) as estimate_1x,
    round(confounding.limit_1x, 4) as limit_1x
from diagnostics.confounding as confounding
anti join self_checks.withheld as withheld
    on
        confounding.trial = withheld.trial
        and confounding.outcome = withheld.outcome
        and confounding.contrast = withheld.contrast
