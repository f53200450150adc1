-- A contact whose components are not numbered 1, 2, 3 and so on: some may be missing.
-- scope: patient
-- table: clean.session_component
-- field: component_no
-- category: conformance relational
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Number the components of a contact from 1; look whether the export drops some kinds
select
    component.clinic_code,
    component.session_key,
    component.component_no
from clean.session_component as component
qualify
    component.component_no <> row_number() over (
        partition by component.clinic_code, component.session_key
        order by component.component_no
    )
