-- Whom the results speak of: who answered, who completed care, who is in each trial's results, how wrong the prognosis is and how large
-- the effects are, by sex, age band, deprivation, ethnicity and payer ('all': everybody). Shares are worked out from rounded counts;
-- the other figures are shown as estimated. Intervals of one measure hold for all its groups together.
-- scope: global
-- key: measure, contrast, group_name, level
-- count: n
-- part: n_with of n
-- expect: status in estimated, refused
-- expect: measure in answered, completed_care, in_index_results, in_decision_results, prognosis_brier, prognosis_observed_minus_predicted, effect
select
    fairness.measure,
    fairness.contrast,
    fairness.group_name,
    fairness.level,
    fairness.status,
    fairness.reason,
    case
        when fairness.status = 'estimated' and fairness.n_with is null then round(fairness.estimate, 4)
    end as estimate,
    case when fairness.status = 'estimated' and fairness.n_with is null then round(fairness.lower, 4) end as lower,
    case when fairness.status = 'estimated' and fairness.n_with is null then round(fairness.upper, 4) end as upper,
    cast(fairness.n as bigint) as n,
    cast(fairness.n_with as bigint) as n_with
from diagnostics.fairness as fairness
