-- A field strength of a study that is no MR.
-- table: clean.imaging
-- checked: field_strength_t is not null
-- field: field_strength_t, modality
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look at the modality: only MR has a field strength
select
    imaging.clinic_code,
    imaging.imaging_key
from clean.imaging as imaging
where
    imaging.field_strength_t is not null
    and imaging.modality <> 'MR'
