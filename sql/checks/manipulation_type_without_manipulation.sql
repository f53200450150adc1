-- A component with a type of manipulation that is not a manipulation.
-- scope: patient
-- table: clean.session_component
-- checked: manip_type is not null
-- field: manip_type, component
-- category: conformance value
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send the type of manipulation with components of the kind manipulation only
select
    session_component.clinic_code,
    session_component.session_key,
    session_component.component_no
from clean.session_component as session_component
where
    session_component.manip_type is not null
    and session_component.component <> 'manipulation'
