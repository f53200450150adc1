-- The deliveries that can be used, in the order in which they count: one row each.
-- Only what was known at the time asked for (variable as_of, in UTC; unset: all) counts. A delivery's place is the earliest name
-- under which its content came; of two contents under one name the one first received last counts. The clinic's own
-- identifier orders deliveries, not the time of arrival, so that a late one takes its proper place.
-- scope: global
-- key: delivery_key
-- expect: mode in snapshot, delta
with received as (
    select
        receipt.clinic_code,
        receipt.delivery_id,
        receipt.delivery_key,
        min(receipt.received_at) as received_at
    from raw.receipt as receipt
    semi join raw.delivery as delivery on receipt.delivery_key = delivery.delivery_key
    anti join raw.hold as hold on receipt.delivery_key = hold.delivery_key
    anti join raw.withdrawal as withdrawal
        on
            receipt.delivery_key = withdrawal.delivery_key
            and withdrawal.withdrawn_at <= coalesce(cast(getvariable('as_of') as timestamp), timestamp 'infinity')
    where receipt.received_at <= coalesce(cast(getvariable('as_of') as timestamp), timestamp 'infinity')
    group by
        receipt.clinic_code,
        receipt.delivery_id,
        receipt.delivery_key
),

named as (
    select
        received.clinic_code,
        received.delivery_id,
        received.delivery_key
    from received
    qualify
        row_number() over (
            partition by received.clinic_code, received.delivery_id
            order by received.received_at desc, received.delivery_key desc
        ) = 1
),

placed as (
    select
        named.clinic_code,
        named.delivery_key,
        min(named.delivery_id) as delivery_id
    from named
    group by
        named.clinic_code,
        named.delivery_key
)

select
    placed.clinic_code,
    placed.delivery_key,
    placed.delivery_id,
    delivery.mode,
    delivery.schema_version,
    delivery.n_rows,
    row_number() over (
        partition by placed.clinic_code
        order by placed.delivery_id, placed.delivery_key
    ) as sequence_no
from placed
inner join raw.delivery as delivery on placed.delivery_key = delivery.delivery_key
