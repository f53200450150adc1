-- An unwanted effect is said to have happened since the last contact, and no row says which.
-- scope: patient
-- table: clean.session
-- checked: ae_since_last
-- field: ae_since_last
-- category: completeness
-- severity: warn
-- owner: clinical_lead
-- allowed: 10 %
-- remedy: Send a row for each unwanted effect, with the contact at which it was told
select
    session.clinic_code,
    session.session_key
from clean.session as session
anti join clean.adverse_event as event on session.session_key = event.session_key
where
    session.ae_since_last
