-- A sign of cauda equina, a progressive deficit or an aneurysm, and no action needed is recorded.
-- scope: patient
-- table: clean.intake
-- checked: red_flag_action is not null and (rf_saddle_anaesthesia or rf_bladder_bowel or rf_progressive_deficit or rf_aaa_or_pulsatile_mass or numbness = 'saddle' or weakness_reported = 'progressive')
-- field: red_flag_action
-- category: plausibility atemporal
-- severity: warn
-- owner: clinical_lead
-- allowed: 0 %
-- remedy: Look at these records the same day: either the flag or the action is wrong
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.red_flag_action = 'none_needed'
    and (
        intake.rf_saddle_anaesthesia
        or intake.rf_bladder_bowel
        or intake.rf_progressive_deficit
        or intake.rf_aaa_or_pulsatile_mass
        or intake.numbness = 'saddle'
        or intake.weakness_reported = 'progressive'
    )
