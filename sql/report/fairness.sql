-- Whom the results speak of: who answered, who completed care, who is in each trial's results, how wrong the prognosis is and how large
-- the effects are, by sex, age band, deprivation, ethnicity and payer ('all': everybody). Shares are worked out from rounded counts;
-- the other figures are shown as estimated. Intervals of one measure hold for all its groups together.
-- scope: global
-- key: measure, contrast, group_name, level
-- count: n
-- part: n_with of n
-- sum: level of group_name to all
-- expect: status in estimated, refused
-- expect: measure in answered, completed_care, in_index_results, in_decision_results, prognosis_brier, prognosis_observed_minus_predicted, effect
with told as (
    select
        fairness.* replace (
            case when withheld.reason is null then fairness.status else 'refused' end as status,
            coalesce(withheld.reason, fairness.reason) as reason
        )
    from diagnostics.fairness as fairness
    left join self_checks.withheld as withheld
        on
            fairness.measure = 'effect'
            and fairness.contrast = concat(withheld.trial, ': ', withheld.contrast)
            and withheld.outcome = 'r30d_12wk'
)

select
    told.measure,
    told.contrast,
    told.group_name,
    told.level,
    told.status,
    told.reason,
    case
        when told.status = 'estimated' and told.n_with is null then round(told.estimate, 4)
    end as estimate,
    case when told.status = 'estimated' and told.n_with is null then round(told.lower, 4) end as lower,
    case when told.status = 'estimated' and told.n_with is null then round(told.upper, 4) end as upper,
    cast(told.n as bigint) as n,
    cast(told.n_with as bigint) as n_with
from told
