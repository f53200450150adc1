-- The deliveries in force: those that still have a file in force.
-- scope: global
-- key: delivery_key
-- expect: mode in snapshot, delta
select
    numbered.clinic_code,
    numbered.delivery_key,
    numbered.delivery_id,
    numbered.mode,
    numbered.schema_version,
    numbered.n_rows,
    numbered.sequence_no
from clean.delivery_order as numbered
semi join clean.file as file on numbered.delivery_key = file.delivery_key
