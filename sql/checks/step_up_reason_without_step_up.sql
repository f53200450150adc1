-- A reason for stepping care up in a contact without such a decision.
-- scope: patient
-- table: clean.session
-- checked: step_up_decision = 'none'
-- field: step_up_reason, step_up_decision
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Send .n for the reason when the decision is none
select
    session.clinic_code,
    session.session_key
from clean.session as session
where
    session.step_up_decision = 'none'
    and session.step_up_reason is not null
