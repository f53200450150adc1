-- Saddle numbness at intake without the red flag that it implies: a safety matter, and screening counts it as the flag.
-- scope: patient
-- table: clean.intake
-- checked: numbness = 'saddle'
-- field: numbness, rf_saddle_anaesthesia
-- category: plausibility atemporal
-- severity: warn
-- owner: clinical_lead
-- allowed: 5 %
-- remedy: Look at these records the same day: saddle numbness is a red flag, and one of the two answers is wrong
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.numbness = 'saddle'
    and intake.rf_saddle_anaesthesia is distinct from true
