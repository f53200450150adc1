-- A manipulation without its type: thrust, non-thrust and instrument cannot be told apart.
-- scope: patient
-- table: clean.session_component
-- checked: component = 'manipulation'
-- field: manip_type
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Record thrust, non-thrust or instrument with every manipulation; map the site's own codes in the export
select
    session_component.clinic_code,
    session_component.session_key,
    session_component.component_no
from clean.session_component as session_component
where
    session_component.component = 'manipulation'
    and session_component.manip_type is null
