-- Deliveries that are not used: could not be loaded, are held, or not complete yet: one row a delivery with its reason, without
-- any number of rows. A clinic that has nothing in force has no page of its own; its deliveries stand on the network's page.
-- scope: global
-- key: clinic_code, delivery_id
-- expect: state in quarantined, held, incomplete
with latest_snapshot as (
    select
        delivery.clinic_code,
        max(delivery.delivery_id) as delivery_id
    from clean.delivery as delivery
    where delivery.mode = 'snapshot'
    group by delivery.clinic_code
),

not_used as (
    select
        refused.clinic_code,
        refused.delivery_id,
        refused.state,
        refused.reason
    from raw.refused_delivery as refused
    where
        refused.seen_at <= coalesce(cast(getvariable('as_of') as timestamp), timestamp 'infinity')
        and (refused.settled_at is null or refused.settled_at > cast(getvariable('as_of') as timestamp))
    union all
    select
        hold.clinic_code,
        min(receipt.delivery_id) as delivery_id,
        'held' as state,
        string_agg(
            distinct concat(hold.rule, '. ', hold.remedy), ' ' order by concat(hold.rule, '. ', hold.remedy)
        ) as reason
    from raw.hold as hold
    inner join raw.receipt as receipt on hold.delivery_key = receipt.delivery_key
    left join latest_snapshot on hold.clinic_code = latest_snapshot.clinic_code
    where receipt.delivery_id >= coalesce(latest_snapshot.delivery_id, '')
    group by
        hold.clinic_code,
        hold.delivery_key
)

select
    not_used.clinic_code,
    not_used.delivery_id,
    not_used.state,
    regexp_replace(
        regexp_replace(
            not_used.reason,
            'it has [0-9]+ rows and the manifest says [0-9]+',
            'it does not have as many rows as the manifest says'
        ),
        ' [(][^)]*[)]',
        '',
        'g'
    ) as reason
from not_used
qualify
    row_number() over (
        partition by not_used.clinic_code, not_used.delivery_id
        order by not_used.state, not_used.reason
    ) = 1
