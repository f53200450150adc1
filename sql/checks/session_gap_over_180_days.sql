-- An attended contact more than 180 days after the one before it: it belongs to a new episode (90 days without contact).
-- scope: patient
-- table: cohort.sessions
-- checked: attended_no > 1
-- field: session_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Begin a new episode after 90 days without contact
select
    session.clinic_code,
    session.session_key
from cohort.sessions as session
inner join cohort.sessions as earlier
    on session.episode_key = earlier.episode_key and session.attended_no = earlier.attended_no + 1
where session.session_day - earlier.session_day > 180
