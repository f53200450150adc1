-- A study that was read twice, without a second reading of any level.
-- scope: patient
-- table: clean.imaging
-- checked: second_read
-- field: second_read
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Send the second reading with reader_no 2
select
    imaging.clinic_code,
    imaging.imaging_key
from clean.imaging as imaging
anti join clean.imaging_level as reading on imaging.imaging_key = reading.imaging_key and reading.reader_no = 2
where
    imaging.second_read
