-- A row of session_component in force, not refused, whose session_key is not among its clinic's rows of session: it is left out of clean.session_component.
-- scope: patient
-- table: raw.session_component
-- field: session_key
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send the row of session in the same delivery or before; look whether the two exports cover the same period
select
    file.clinic_code,
    raw_row.delivery_key,
    raw_row.row_number
from raw.session_component as raw_row
inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'session_component'
anti join raw.quarantine as refused
    on
        raw_row.delivery_key = refused.delivery_key
        and raw_row.row_number = refused.row_number
        and refused.feed = 'session_component'
        and refused.scope = 'row'
anti join clean.session as parent
    on file.clinic_code = parent.clinic_code and said(raw_row.session_key) = parent.session_key
