-- A manipulation without its type: thrust, non-thrust and instrument cannot be told apart.
-- table: clean.session_component
-- severity: warn
-- allowed: 5 %
select
    session_component.session_key,
    session_component.component_no
from clean.session_component as session_component
where
    session_component.component = 'manipulation'
    and session_component.manip_type is null
