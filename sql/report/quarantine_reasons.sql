-- Why rows or values of the deliveries in force were refused: one row a clinic, feed, field and rule. Never a value.
-- scope: global
-- key: clinic_code, feed, field, scope, rule
-- count: n_refused
-- expect: scope in row, value
select
    quarantine.clinic_code,
    quarantine.feed,
    coalesce(quarantine.field, '') as field,
    quarantine.scope,
    quarantine.rule,
    count(*) as n_refused
from raw.quarantine as quarantine
inner join clean.delivery as delivery on quarantine.delivery_key = delivery.delivery_key
group by quarantine.clinic_code, quarantine.feed, coalesce(quarantine.field, ''), quarantine.scope, quarantine.rule
