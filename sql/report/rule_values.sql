-- What a rule learned this way gains against the best single treatment, out of fold; its words only when that was shown. A rule
-- rests on all contrasts of its outcome: where one is withheld, so is the rule.
-- scope: global
-- key: trial, outcome
-- count: n
-- expect: status in estimated, refused
with withheld as (
    select
        one.trial,
        one.outcome,
        min(one.reason) as reason
    from self_checks.withheld as one
    group by one.trial, one.outcome
)

select
    rule_value.trial,
    rule_value.outcome,
    case when withheld.reason is null then rule_value.status else 'refused' end as status,
    coalesce(withheld.reason, rule_value.reason) as reason,
    rule_value.is_shown and withheld.reason is null as is_shown,
    case when withheld.reason is null then round(rule_value.gain, 4) end as gain,
    case when withheld.reason is null then round(rule_value.gain_lower, 4) end as gain_lower,
    case when withheld.reason is null then round(rule_value.gain_upper, 4) end as gain_upper,
    rule_value.n,
    case when rule_value.is_shown and withheld.reason is null then rule_value.words end as words
from estimates.rule_values as rule_value
left join withheld on rule_value.trial = withheld.trial and rule_value.outcome = withheld.outcome
