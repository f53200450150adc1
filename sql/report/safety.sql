-- The safety list: unwanted effects by clinic ('network': all), kind and whether serious, and why step-ups were made. Counts without a
-- rate; a count of 1 to 7 is withheld and says by itself that there is something to look up in the clinic's own records.
-- scope: global
-- key: clinic_code, list, item
-- count: n
-- sum: clinic_code to network
-- expect: list in serious event, event, step-up reason
with listed as (
    select
        event.clinic_code,
        case when event.ae_serious then 'serious event' else 'event' end as list,
        event.ae_type as item
    from clean.adverse_event as event
    where event.ae_type is not null
    union all
    select
        session.clinic_code,
        'step-up reason' as list,
        coalesce(session.step_up_reason, 'not_recorded') as item
    from clean.session as session
    where session.step_up_decision = 'add_manipulation'
)

select
    coalesce(listed.clinic_code, 'network') as clinic_code,
    listed.list,
    listed.item,
    count(*) as n
from listed
group by grouping sets ((listed.clinic_code, listed.list, listed.item), (listed.list, listed.item))
