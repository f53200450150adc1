-- An MR, CT or X-ray without the codes of its de-identification, which what comes from DICOM must have.
-- scope: patient
-- table: clean.imaging
-- checked: modality in ('MR', 'CT', 'XR')
-- field: deid_profile
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Send the codes that the de-identification program wrote; .n when nothing comes from DICOM
select
    imaging.clinic_code,
    imaging.imaging_key
from clean.imaging as imaging
where
    imaging.modality in ('MR', 'CT', 'XR')
    and imaging.deid_profile_reason in ('a', 'x')
