-- A snapshot with less than half or more than twice the rows of the median of up to 8 before it, of at least 3.
-- scope: global
-- table: clean.delivery
-- checked: mode = 'snapshot'
-- field: n_rows
-- category: completeness
-- context: validation
-- severity: warn
-- owner: clinic
-- allowed: 0 %
-- remedy: Ask the clinic whether the export covers the whole clinic and the whole period
with snapshots as (
    select
        earlier.clinic_code,
        earlier.delivery_key,
        earlier.n_rows,
        row_number() over (partition by earlier.clinic_code order by earlier.sequence_no) as snapshot_no
    from clean.delivery_order as earlier
    where earlier.mode = 'snapshot'
),

usual as (
    select
        snapshots.delivery_key,
        median(earlier.n_rows) as n_rows
    from snapshots
    inner join snapshots as earlier
        on
            snapshots.clinic_code = earlier.clinic_code
            and earlier.snapshot_no between snapshots.snapshot_no - 8 and snapshots.snapshot_no - 1
    group by snapshots.delivery_key
    having count(*) >= 3
)

select
    delivery.clinic_code,
    delivery.delivery_key
from clean.delivery as delivery
inner join usual on delivery.delivery_key = usual.delivery_key
where delivery.n_rows not between 0.5 * usual.n_rows and 2 * usual.n_rows
