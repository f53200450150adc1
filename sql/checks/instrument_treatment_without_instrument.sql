-- Manipulation by instrument without the instrument.
-- scope: patient
-- table: clean.session_component
-- checked: manip_type = 'instrument_assisted'
-- field: instrument, manip_type
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 25 %
-- remedy: Record which instrument was used
select
    component.clinic_code,
    component.session_key,
    component.component_no
from clean.session_component as component
where
    component.manip_type = 'instrument_assisted'
    and coalesce(component.instrument, 'none') = 'none'
