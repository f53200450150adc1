-- An assessable study of the lumbar spine (X-ray, MR, CT) without one level in the feed of levels.
-- scope: patient
-- table: clean.imaging
-- checked: modality in ('XR', 'MR', 'CT') and region in ('lumbar', 'whole_spine')
-- field: imaging_key
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Send a row for each level; a level that the report does not mention has assessed = no
select
    imaging.clinic_code,
    imaging.imaging_key
from clean.imaging as imaging
anti join clean.imaging_level as reading on imaging.imaging_key = reading.imaging_key
where
    imaging.modality in ('XR', 'MR', 'CT')
    and imaging.region in ('lumbar', 'whole_spine')
