-- An agreement between readers of a study that was read once.
-- table: clean.imaging
-- checked: agreement_kappa is not null
-- field: agreement_kappa, second_read
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Send .n for the agreement when a study was read once
select
    imaging.clinic_code,
    imaging.imaging_key
from clean.imaging as imaging
where
    imaging.agreement_kappa is not null
    and not imaging.second_read
