-- A second reading of a level whose study is not said to be read twice.
-- table: clean.imaging_level
-- checked: reader_no = 2
-- field: second_read, reader_no
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Send second_read = yes with the study, or look whether two studies share a key
select
    reading.clinic_code,
    reading.imaging_key,
    reading.level,
    reading.side,
    reading.reader_no
from clean.imaging_level as reading
inner join clean.imaging as imaging on reading.imaging_key = imaging.imaging_key
where
    reading.reader_no = 2
    and not imaging.second_read
