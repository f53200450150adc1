-- A study more than a year before or 90 days after day 0 (plausible in time, T1).
-- table: clean.imaging
-- severity: warn
-- allowed: 25 %
select imaging.imaging_key
from clean.imaging as imaging
where imaging.study_day not between -365 and 90
