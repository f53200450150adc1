-- A component with a type of exercise that is not an exercise.
-- scope: patient
-- table: clean.session_component
-- checked: exercise_type is not null
-- field: exercise_type, component
-- category: conformance value
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send the type of exercise with components of the kind exercise only
select
    session_component.clinic_code,
    session_component.session_key,
    session_component.component_no
from clean.session_component as session_component
where
    session_component.exercise_type is not null
    and session_component.component <> 'exercise'
