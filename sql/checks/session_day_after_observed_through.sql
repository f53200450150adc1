-- A contact that took place after the day of the extract.
-- table: clean.session
-- severity: warn
-- allowed: 1 %
select session.session_key
from clean.session as session
inner join clean.intake as intake on session.episode_key = intake.episode_key
where session.attendance = 'attended' and session.session_day > intake.observed_through_day
