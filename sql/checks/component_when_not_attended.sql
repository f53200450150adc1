-- Something done in a contact that was not attended.
-- scope: patient
-- table: clean.session_component
-- field: session_key, attendance
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look at the attendance of these contacts, or at what is written in advance
select
    component.clinic_code,
    component.session_key,
    component.component_no
from clean.session_component as component
inner join clean.session as session on component.session_key = session.session_key
where
    session.attendance <> 'attended'
