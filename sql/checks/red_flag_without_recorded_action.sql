-- A red flag is recorded as yes, and not what was done about it.
-- scope: patient
-- table: clean.intake
-- checked: rf_any
-- field: red_flag_action
-- category: completeness
-- severity: warn
-- owner: clinical_lead
-- allowed: 20 %
-- remedy: Record what was done about a red flag: monitored, referred or imaged
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.rf_any
    and intake.red_flag_action is null
