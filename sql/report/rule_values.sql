-- What a rule learned this way gains against the best single treatment, out of fold; its words only when that was shown.
-- scope: global
-- key: trial, outcome
-- count: n
-- expect: status in estimated, refused
select
    rule_value.trial,
    rule_value.outcome,
    rule_value.status,
    rule_value.reason,
    rule_value.is_shown,
    round(rule_value.gain, 4) as gain,
    round(rule_value.gain_lower, 4) as gain_lower,
    round(rule_value.gain_upper, 4) as gain_upper,
    rule_value.n,
    case when rule_value.is_shown then rule_value.words end as words
from estimates.rule_values as rule_value
