-- A row of outcome in force, not refused, whose episode_key is not among its clinic's rows of intake: it is left out of clean.outcome.
-- scope: patient
-- table: raw.outcome
-- field: episode_key
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send the row of intake in the same delivery or before; look whether the two exports cover the same period
select
    file.clinic_code,
    raw_row.delivery_key,
    raw_row.row_number
from raw.outcome as raw_row
inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'outcome'
anti join raw.quarantine as refused
    on
        raw_row.delivery_key = refused.delivery_key
        and raw_row.row_number = refused.row_number
        and refused.feed = 'outcome'
        and refused.scope = 'row'
anti join clean.intake as parent
    on file.clinic_code = parent.clinic_code and said(raw_row.episode_key) = parent.episode_key
