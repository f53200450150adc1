-- A nerve root that is touched, displaced or compressed, without which root it is.
-- scope: patient
-- table: clean.imaging_level
-- checked: nerve_root_compromise <> 'none'
-- field: nerve_root, nerve_root_compromise
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Send the root that the report speaks of
select
    reading.clinic_code,
    reading.imaging_key,
    reading.level,
    reading.side,
    reading.reader_no
from clean.imaging_level as reading
where
    reading.nerve_root_compromise <> 'none'
    and reading.nerve_root is null
