-- An episode whose red flags were not asked: neither the single answer nor the flags of cauda equina, cancer and infection.
-- scope: patient
-- table: clean.intake
-- field: rf_any
-- category: completeness
-- severity: warn
-- owner: clinical_lead
-- allowed: 10 %
-- remedy: Ask for the red flags at intake and record each answer, or the single answer at least
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.rf_any_reason = 'a'
    and intake.rf_saddle_anaesthesia_reason = 'a'
    and intake.rf_bladder_bowel_reason = 'a'
    and intake.rf_progressive_deficit_reason = 'a'
    and intake.rf_cancer_history_reason = 'a'
    and intake.rf_fever_infection_reason = 'a'
