-- A grade of mobilisation of a treatment that is no mobilisation.
-- table: clean.session_component
-- checked: mobilisation_grade is not null
-- field: mobilisation_grade, manip_type
-- category: conformance value
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Send the grade with non-thrust mobilisation only; grade V is a thrust and has no grade here
select
    component.clinic_code,
    component.session_key,
    component.component_no
from clean.session_component as component
where
    component.mobilisation_grade is not null
    and component.manip_type is distinct from 'nonthrust_mobilisation'
