-- A decision to step care up or down without its reason.
-- scope: patient
-- table: clean.session
-- checked: step_up_decision <> 'none'
-- field: step_up_reason
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Record why care was stepped up: it is what makes patients comparable
select
    session.clinic_code,
    session.session_key
from clean.session as session
where
    session.step_up_decision <> 'none'
    and session.step_up_reason is null
