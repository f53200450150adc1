-- A contact that took place after the day of the extract.
-- scope: patient
-- table: clean.session
-- checked: attendance = 'attended'
-- field: session_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Work out the day of the extract and the days of the contacts from the same clock
select
    session.clinic_code,
    session.session_key
from clean.session as session
inner join clean.intake as intake on session.episode_key = intake.episode_key
where session.attendance = 'attended' and session.session_day > intake.observed_through_day
