-- A pensioner under 40, or a student of 60 or older.
-- table: clean.intake
-- checked: work_status is not null and age_band is not null
-- field: work_status, age_band
-- category: plausibility atemporal
-- severity: note
-- owner: clinic
-- allowed: 2 %
-- remedy: Look at the mapping of age bands and of work status in the export
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    (intake.work_status = 'retired' and intake.age_band in ('18-29', '30-39'))
    or (intake.work_status = 'student' and intake.age_band in ('60-69', '70-79', '80-89', '90+'))
