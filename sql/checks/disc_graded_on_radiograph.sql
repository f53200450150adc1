-- A level graded for disc contour, Pfirrmann or Modic from a plain radiograph, which cannot show them. The grades are not used.
-- scope: patient
-- table: clean.imaging_level
-- checked: disc_contour is not null or pfirrmann is not null or modic is not null
-- field: disc_contour, pfirrmann, modic
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send .n for disc contour, Pfirrmann and Modic of a plain radiograph; look whether the modality is right
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
    and (reading.disc_contour is not null or reading.pfirrmann is not null or reading.modic is not null)
