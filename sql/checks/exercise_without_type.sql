-- An exercise without its type.
-- table: clean.session_component
-- severity: warn
-- allowed: 5 %
select
    session_component.session_key,
    session_component.component_no
from clean.session_component as session_component
where
    session_component.component = 'exercise'
    and session_component.exercise_type is null
