-- A row of adverse_event in force, not refused, whose session_key is not among its clinic's rows of session: it is left out of clean.adverse_event.
-- scope: patient
-- table: raw.adverse_event
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
from raw.adverse_event as raw_row
inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'adverse_event'
anti join raw.quarantine as refused
    on
        raw_row.delivery_key = refused.delivery_key
        and raw_row.row_number = refused.row_number
        and refused.feed = 'adverse_event'
        and refused.scope = 'row'
anti join clean.session as parent
    on file.clinic_code = parent.clinic_code and said(raw_row.session_key) = parent.session_key
