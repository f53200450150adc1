-- A row of imaging_level in force, not refused, whose imaging_key is not among its clinic's rows of imaging: it is left out of clean.imaging_level.
-- scope: patient
-- table: raw.imaging_level
-- field: imaging_key
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send the row of imaging in the same delivery or before; look whether the two exports cover the same period
select
    file.clinic_code,
    raw_row.delivery_key,
    raw_row.row_number
from raw.imaging_level as raw_row
inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'imaging_level'
anti join raw.quarantine as refused
    on
        raw_row.delivery_key = refused.delivery_key
        and raw_row.row_number = refused.row_number
        and refused.feed = 'imaging_level'
        and refused.scope = 'row'
anti join clean.imaging as parent
    on file.clinic_code = parent.clinic_code and said(raw_row.imaging_key) = parent.imaging_key
