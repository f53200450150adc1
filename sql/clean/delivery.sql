-- The deliveries in force: for each clinic the latest snapshot and every later delta, in the order of their identifiers.
-- The clinic's own identifier orders them, not the time of arrival, so that a late delivery takes its proper place.
-- scope: global
-- key: delivery_key
-- expect: mode in snapshot, delta
with numbered as (
    select
        clinic_code,
        delivery_key,
        delivery_id,
        mode,
        schema_version,
        n_rows,
        row_number() over (
            partition by clinic_code
            order by delivery_id, arrived_at, delivery_key
        ) as sequence_no
    from raw.delivery
),

latest_snapshot as (
    select
        clinic_code,
        max(sequence_no) as sequence_no
    from numbered
    where mode = 'snapshot'
    group by clinic_code
)

select
    numbered.clinic_code,
    numbered.delivery_key,
    numbered.delivery_id,
    numbered.mode,
    numbered.schema_version,
    numbered.n_rows,
    numbered.sequence_no
from numbered
left join latest_snapshot on numbered.clinic_code = latest_snapshot.clinic_code
where numbered.sequence_no >= coalesce(latest_snapshot.sequence_no, 0)
