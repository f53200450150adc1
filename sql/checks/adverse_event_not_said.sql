-- A row of an unwanted effect at a contact that says there was none.
-- scope: patient
-- table: clean.adverse_event
-- field: ae_since_last
-- category: plausibility atemporal
-- severity: warn
-- owner: clinical_lead
-- allowed: 2 %
-- remedy: Derive the answer from the rows in the export: yes when there is one
select
    event.clinic_code,
    event.session_key,
    event.event_no
from clean.adverse_event as event
inner join clean.session as session on event.session_key = session.session_key
where
    not session.ae_since_last
