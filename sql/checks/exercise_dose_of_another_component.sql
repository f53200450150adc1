-- Sets or repetitions of a component that is not an exercise.
-- table: clean.session_component
-- checked: dose_sets is not null or dose_reps is not null
-- field: dose_sets, dose_reps, component
-- category: conformance value
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Send .n for the dose of what is no exercise
select
    component.clinic_code,
    component.session_key,
    component.component_no
from clean.session_component as component
where
    (component.dose_sets is not null or component.dose_reps is not null)
    and component.component <> 'exercise'
