-- A contact that was not attended, with a pain score before or after it.
-- scope: patient
-- table: clean.session
-- checked: attendance <> 'attended'
-- field: nprs_pre, nprs_post
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look at the attendance of these contacts: a score says that the patient was there
select
    session.clinic_code,
    session.session_key
from clean.session as session
where
    session.attendance <> 'attended'
    and (session.nprs_pre is not null or session.nprs_post is not null)
