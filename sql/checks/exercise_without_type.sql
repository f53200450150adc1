-- An exercise without its type.
-- scope: patient
-- table: clean.session_component
-- checked: component = 'exercise'
-- field: exercise_type
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Record the type of exercise when an exercise is given; map the site's own codes in the export
select
    session_component.clinic_code,
    session_component.session_key,
    session_component.component_no
from clean.session_component as session_component
where
    session_component.component = 'exercise'
    and session_component.exercise_type is null
