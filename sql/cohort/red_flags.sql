-- One episode's red-flag answers at intake (day 0): true, false, or NULL when not known.
-- Where a clinic records none of the rf_ columns and its single answer rf_any is no, each flag is false; where it is yes, each
-- stays NULL, because nobody can say which. Numbness 'saddle' implies saddle anaesthesia, reported progressive weakness implies a
-- progressive deficit. 'Not applicable' answers the pregnancy question alone. is_screening_complete: every tier-1 flag, or else the
-- single answer, is given. has_unnamed_red_flag: the single answer is yes.
-- scope: patient
-- key: episode_key
-- expect: is_screening_complete not null
with recorded as (
    select
        intake.episode_key,
        intake.rf_any,
        intake.rf_saddle_anaesthesia,
        intake.rf_bladder_bowel,
        intake.rf_sexual_dysfunction,
        intake.rf_bilateral_neuro,
        intake.rf_progressive_deficit,
        intake.rf_cancer_history,
        intake.rf_weight_loss,
        intake.rf_fever_infection,
        intake.rf_immunosuppression_ivdu,
        intake.rf_significant_trauma,
        intake.rf_osteoporosis,
        intake.rf_steroid_prolonged,
        intake.rf_anticoagulant,
        intake.rf_aaa_or_pulsatile_mass,
        case
            when intake.rf_under18_pregnant_reason = 'n' then false
            else intake.rf_under18_pregnant
        end as rf_under18_pregnant,
        intake.numbness = 'saddle' as has_saddle_numbness,
        intake.weakness_reported = 'progressive' as has_progressive_weakness,
        (
            intake.rf_saddle_anaesthesia_reason is not distinct from 'a'
            and intake.rf_bladder_bowel_reason is not distinct from 'a'
            and intake.rf_sexual_dysfunction_reason is not distinct from 'a'
            and intake.rf_bilateral_neuro_reason is not distinct from 'a'
            and intake.rf_progressive_deficit_reason is not distinct from 'a'
            and intake.rf_cancer_history_reason is not distinct from 'a'
            and intake.rf_weight_loss_reason is not distinct from 'a'
            and intake.rf_fever_infection_reason is not distinct from 'a'
            and intake.rf_immunosuppression_ivdu_reason is not distinct from 'a'
            and intake.rf_significant_trauma_reason is not distinct from 'a'
            and intake.rf_osteoporosis_reason is not distinct from 'a'
            and intake.rf_steroid_prolonged_reason is not distinct from 'a'
            and intake.rf_anticoagulant_reason is not distinct from 'a'
            and intake.rf_aaa_or_pulsatile_mass_reason is not distinct from 'a'
            and intake.rf_under18_pregnant_reason is not distinct from 'a'
        ) as has_single_answer_only
    from clean.intake as intake
),

answered as (
    select
        recorded.*,
        case when recorded.has_single_answer_only and not recorded.rf_any then false end as answer_to_all
    from recorded
)

select
    answered.episode_key,
    case
        when answered.has_saddle_numbness then true
        else coalesce(answered.rf_saddle_anaesthesia, answered.answer_to_all)
    end as has_saddle_anaesthesia,
    coalesce(answered.rf_bladder_bowel, answered.answer_to_all) as has_bladder_bowel_dysfunction,
    coalesce(answered.rf_sexual_dysfunction, answered.answer_to_all) as has_sexual_dysfunction,
    coalesce(answered.rf_bilateral_neuro, answered.answer_to_all) as has_bilateral_neuro_deficit,
    case
        when answered.has_progressive_weakness then true
        else coalesce(answered.rf_progressive_deficit, answered.answer_to_all)
    end as has_progressive_deficit,
    coalesce(answered.rf_cancer_history, answered.answer_to_all) as has_cancer_history,
    coalesce(answered.rf_weight_loss, answered.answer_to_all) as has_weight_loss,
    coalesce(answered.rf_fever_infection, answered.answer_to_all) as has_fever,
    coalesce(answered.rf_immunosuppression_ivdu, answered.answer_to_all) as has_immunosuppression,
    coalesce(answered.rf_significant_trauma, answered.answer_to_all) as has_significant_trauma,
    coalesce(answered.rf_osteoporosis, answered.answer_to_all) as has_osteoporosis,
    coalesce(answered.rf_steroid_prolonged, answered.answer_to_all) as has_prolonged_steroid,
    coalesce(answered.rf_anticoagulant, answered.answer_to_all) as has_anticoagulant,
    coalesce(answered.rf_aaa_or_pulsatile_mass, answered.answer_to_all) as has_aortic_aneurysm,
    coalesce(answered.rf_under18_pregnant, answered.answer_to_all) as is_under18_or_pregnant,
    case
        when answered.has_single_answer_only then answered.rf_any is not null
        else
            answered.rf_saddle_anaesthesia is not null
            and answered.rf_bladder_bowel is not null
            and answered.rf_bilateral_neuro is not null
            and answered.rf_progressive_deficit is not null
            and answered.rf_cancer_history is not null
            and answered.rf_weight_loss is not null
            and answered.rf_fever_infection is not null
            and answered.rf_immunosuppression_ivdu is not null
            and answered.rf_significant_trauma is not null
            and answered.rf_osteoporosis is not null
            and answered.rf_steroid_prolonged is not null
            and answered.rf_anticoagulant is not null
            and answered.rf_under18_pregnant is not null
    end as is_screening_complete,
    coalesce(answered.has_single_answer_only and answered.rf_any, false) as has_unnamed_red_flag
from answered
