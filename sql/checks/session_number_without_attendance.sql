-- A contact that was not attended, with a number among the attended contacts.
-- scope: patient
-- table: clean.session
-- checked: attendance <> 'attended'
-- field: session_no, attendance
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Number the attended contacts only
select
    session.clinic_code,
    session.session_key
from clean.session as session
where
    session.attendance <> 'attended'
    and session.session_no is not null
