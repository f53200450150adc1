-- A thrust or a mobilisation by hand, with an instrument.
-- scope: patient
-- table: clean.session_component
-- checked: manip_type in ('thrust_hvla', 'nonthrust_mobilisation') and instrument is not null
-- field: instrument, manip_type
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Send instrument_assisted as the type when a tool was used: hand and tool are compared
select
    component.clinic_code,
    component.session_key,
    component.component_no
from clean.session_component as component
where
    component.manip_type in ('thrust_hvla', 'nonthrust_mobilisation')
    and component.instrument in ('spring_adjusting', 'electromechanical')
