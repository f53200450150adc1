-- How good each model behind the effects is out of fold, and the weights of its stack.
-- scope: global
-- key: trial, outcome, model, figure
select
    model.trial,
    model.outcome,
    model.model,
    model.figure,
    round(model.value, 3) as value,
    model.protocol_hash
from estimates.models as model
