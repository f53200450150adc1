-- Standardised differences of the arms in every covariate, before and after weighting, and after it in those who answered.
-- scope: global
-- key: trial, outcome, contrast, covariate
-- expect: before not null
select
    balance.trial,
    balance.outcome,
    balance.contrast,
    balance.covariate,
    round(balance.before, 3) as before,
    round(balance.after, 3) as after,
    round(balance.after_answered, 3) as after_answered,
    balance.weights_from
from diagnostics.balance as balance
