-- A component with a type of manipulation that is not a manipulation.
-- table: clean.session_component
-- severity: warn
-- allowed: 1 %
select
    session_component.session_key,
    session_component.component_no
from clean.session_component as session_component
where
    session_component.manip_type is not null
    and session_component.component <> 'manipulation'
