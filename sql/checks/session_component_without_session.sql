-- A row of session_component in force, not refused, whose session_key is not among its clinic's rows of session: it is left out of clean.session_component.
-- table: raw.session_component
-- severity: warn
-- allowed: 1 %
select
    raw_row.delivery_key,
    raw_row.row_number
from raw.session_component as raw_row
inner join clean.delivery as delivery on raw_row.delivery_key = delivery.delivery_key
anti join raw.quarantine as refused
    on
        raw_row.delivery_key = refused.delivery_key
        and raw_row.row_number = refused.row_number
        and refused.feed = 'session_component'
        and refused.scope = 'row'
anti join clean.session as parent
    on delivery.clinic_code = parent.clinic_code and said(raw_row.session_key) = parent.session_key
