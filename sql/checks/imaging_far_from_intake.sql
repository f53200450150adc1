-- A study more than a year before or 90 days after day 0 (plausible in time, T1).
-- scope: patient
-- table: clean.imaging
-- field: study_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 25 %
-- remedy: Count the day of the study from day 0 of the episode; look whether old studies hang on new episodes
select
    imaging.clinic_code,
    imaging.imaging_key
from clean.imaging as imaging
where imaging.study_day not between -365 and 90
