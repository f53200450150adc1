-- The flag for pregnancy or an age under 18 is yes in a man of a band from 18 on, or from 60 years on.
-- scope: patient
-- table: clean.intake
-- checked: rf_under18_pregnant is not null and (sex is not null or age_band is not null)
-- field: rf_under18_pregnant, sex, age_band
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look whether the flag is filled by default; send .n where it cannot apply
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.rf_under18_pregnant
    and (intake.sex = 'male' or intake.age_band in ('60-69', '70-79', '80-89', '90+'))
