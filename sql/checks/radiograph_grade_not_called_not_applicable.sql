-- A level of a plain radiograph whose disc contour, Pfirrmann or Modic grade is missing without being called not applicable.
-- scope: patient
-- table: clean.imaging_level
-- checked: assessed
-- field: disc_contour, pfirrmann, modic
-- category: conformance value
-- severity: note
-- owner: clinic
-- allowed: 10 %
-- remedy: Send .n for what a plain radiograph cannot show
select
    reading.clinic_code,
    reading.imaging_key,
    reading.level,
    reading.side,
    reading.reader_no
from clean.imaging_level as reading
inner join clean.imaging as imaging on reading.imaging_key = imaging.imaging_key
where
    imaging.modality = 'XR'
    and reading.assessed
    and 'a' in (reading.disc_contour_reason, reading.pfirrmann_reason, reading.modic_reason)
