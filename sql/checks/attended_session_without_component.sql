-- An attended contact for which nothing that was done is recorded: it is not known what the patient was given.
-- scope: patient
-- table: clean.session
-- checked: attendance = 'attended'
-- field: session_key
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Record what was done in each contact, advice included; look whether the export of components covers the same period
select
    session.clinic_code,
    session.session_key
from clean.session as session
anti join clean.session_component as component on session.session_key = component.session_key
where
    session.attendance = 'attended'
