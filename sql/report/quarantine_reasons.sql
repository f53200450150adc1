-- Why rows or values of the deliveries in force were refused: one row a clinic ('network': all), feed, field and rule.
-- Never a value.
-- scope: global
-- key: clinic_code, feed, field, scope, rule
-- count: n_refused
-- sum: clinic_code to network
-- expect: scope in row, value
with refused as (
    select
        quarantine.clinic_code,
        quarantine.feed,
        coalesce(quarantine.field, '') as field,
        quarantine.scope,
        quarantine.rule
    from clean.quarantine as quarantine
    where quarantine.state = 'open'
)

select
    coalesce(refused.clinic_code, 'network') as clinic_code,
    refused.feed,
    refused.field,
    refused.scope,
    refused.rule,
    count(*) as n_refused
from refused
group by
    grouping sets (
        (refused.clinic_code, refused.feed, refused.field, refused.scope, refused.rule),
        (refused.feed, refused.field, refused.scope, refused.rule)
    )
