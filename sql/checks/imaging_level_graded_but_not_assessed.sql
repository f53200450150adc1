-- A level that is said not to be assessed and yet has a grade. The grade is not used; a serious finding is.
-- scope: patient
-- table: clean.imaging_level
-- checked: not assessed
-- field: assessed
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send assessed = yes for a level that has a grade
select
    reading.clinic_code,
    reading.imaging_key,
    reading.level,
    reading.side,
    reading.reader_no
from clean.imaging_level as reading
where
    not reading.assessed
    and (
        reading.disc_contour is not null
        or reading.disc_height_loss is not null
        or reading.pfirrmann is not null
        or reading.facet_arthropathy is not null
        or reading.central_stenosis is not null
        or reading.foraminal_stenosis is not null
        or reading.spondylolisthesis is not null
        or reading.nerve_root_compromise is not null
        or reading.modic is not null
        or reading.serious_finding is not null
    )
