-- A fracture or a cauda equina syndrome as unwanted effect that is not called serious.
-- scope: patient
-- table: clean.adverse_event
-- checked: ae_type in ('fracture', 'cauda_equina') and ae_serious is not null
-- field: ae_serious, ae_type
-- category: plausibility atemporal
-- severity: warn
-- owner: clinical_lead
-- allowed: 0 %
-- remedy: Look at these records the same day, and report the event as serious
select
    event.clinic_code,
    event.session_key,
    event.event_no
from clean.adverse_event as event
where
    event.ae_type in ('fracture', 'cauda_equina')
    and not event.ae_serious
