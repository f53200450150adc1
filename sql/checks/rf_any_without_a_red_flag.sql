-- The single red-flag answer is yes, and every red flag was asked and answered with no.
-- scope: patient
-- table: clean.intake
-- checked: rf_any
-- field: rf_any
-- category: conformance computational
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Derive the single answer from the flags in the export: no when every flag is no
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.rf_any
    and not (
        intake.rf_saddle_anaesthesia
        or intake.rf_bladder_bowel
        or intake.rf_sexual_dysfunction
        or intake.rf_bilateral_neuro
        or intake.rf_progressive_deficit
        or intake.rf_cancer_history
        or intake.rf_weight_loss
        or intake.rf_fever_infection
        or intake.rf_immunosuppression_ivdu
        or intake.rf_significant_trauma
        or intake.rf_osteoporosis
        or intake.rf_steroid_prolonged
        or intake.rf_anticoagulant
        or intake.rf_aaa_or_pulsatile_mass
        or intake.rf_under18_pregnant
    )
