-- One episode's baseline covariates: what was known by day 0, as number, boolean or code; NULL when not recorded.
-- Timing, column by column: age to expects_to_last_long, symptoms, red flags, comorbidity, family history and medication are intake's
-- (day 0); exam_day to clinical_dx the examinations' of days -14 to 0; blood tests the last of days -365 to 0; imaging of study_day 0 or
-- before; the derived variables use these alone. Nothing here depends on a session, an outcome, a practitioner or a later day.
-- Derived variables are domain/derived.md's: start_risk from the totals (recorded one where they are missing), the five criteria of the
-- manipulation rule (Flynn 2002), srlp_type after Schmid 2023. neuro_deficit is the examination's, else intake's own answer.
-- Ethnicity and payer are strata of a report, never adjusters, so they are not here. main_site and scores as in cohort.episodes.
-- scope: patient
-- key: episode_key
-- expect: flynn_n_pos between 0 and 5
-- expect: flynn_n_known between 0 and 5
-- expect: cpr_manip in positive, negative, indeterminate
-- expect: start_risk in low, medium, high
-- expect: exam_day between -14 and 0
with imaged_roots as (
    select
        imaging.episode_key,
        list(distinct reading.nerve_root || ' left') filter (where reading.side in ('left', 'bilateral'))
            as roots_left,
        list(distinct reading.nerve_root || ' right') filter (where reading.side in ('right', 'bilateral'))
            as roots_right
    from clean.imaging as imaging
    inner join clean.imaging_level as reading on imaging.imaging_key = reading.imaging_key
    where
        imaging.study_day <= 0
        and reading.assessed
        and reading.nerve_root_compromise in ('contact', 'deviation', 'compression')
    group by imaging.episode_key
),

facts as (
    select
        intake.episode_key,
        coalesce(intake.episode_duration_days < 16, intake.duration_band = 'lt16d') as is_under_16_days,
        coalesce(
            intake.nprs_leg_avg > 0,
            list_has_any(intake.complaint_region, ['thigh', 'knee', 'calf', 'ankle', 'foot'])
        ) as has_leg_pain,
        coalesce(exam.has_neuro_deficit, intake.neuro_deficit) as neuro_deficit,
        exam.is_slr_positive or exam.is_slump_positive or exam.is_femoral_stretch_positive as is_nerve_tension_positive,
        list_has_any(intake.dermatome_symptoms, ['L1', 'L2', 'L3', 'L4', 'L5', 'S1', 'S2_S5'])
            as has_dermatomal_symptoms,
        intake.walking_limit in ('lt100m', '100_500m', '500m_1km')
        or intake.standing_limit_min in ('lt5', '5_15', '15_30') as is_walking_or_standing_limited,
        exam.pedal_pulses in ('reduced', 'absent') or exam.abpi_min <= 0.9 as has_arterial_sign,
        case
            when intake.start_total <= 3 then 'low'
            when intake.start_psych <= 3 then 'medium'
            when intake.start_psych >= 4 then 'high'
        end as start_risk_by_score,
        case intake.neuropathic_tool
            when 'slanss' then intake.neuropathic_score >= 12
            when 'paindetect'
                then
                    case
                        when intake.neuropathic_score >= 19 then true
                        when intake.neuropathic_score <= 12 then false
                    end
        end as is_neuropathic
    from clean.intake as intake
    left join cohort.examinations as exam on intake.episode_key = exam.episode_key
),

criteria as (
    select
        intake.episode_key,
        [
            facts.is_under_16_days,
            not intake.pain_below_knee,
            intake.fabq_work < 19,
            exam.has_hypomobile_segment,
            exam.has_hip_rotation_above_35_deg
        ] as flynn
    from clean.intake as intake
    inner join facts on intake.episode_key = facts.episode_key
    left join cohort.examinations as exam on intake.episode_key = exam.episode_key
),

counts as (
    select
        criteria.episode_key,
        cast(coalesce(list_sum(cast(criteria.flynn as integer[])), 0) as integer) as flynn_n_pos,
        cast(list_count(criteria.flynn) as integer) as flynn_n_known
    from criteria
)

select
    intake.episode_key,
    episode.age_midpoint_years,
    intake.sex,
    intake.deprivation_quintile,
    intake.bmi,
    intake.smoking,
    intake.work_status,
    intake.work_demand,
    intake.compensation_claim,
    intake.referral_source,
    list_contains(intake.complaint_region, 'low_back') as has_low_back_complaint,
    list_contains(intake.complaint_region, 'buttock') as has_buttock_complaint,
    list_contains(intake.complaint_region, 'groin') as has_groin_complaint,
    episode.has_leg_or_foot_complaint,
    cast(len(intake.complaint_region) as integer) as complaint_regions,
    intake.complaint_side,
    intake.pain_below_knee,
    intake.leg_worse_than_back,
    episode.main_site,
    intake.episode_duration_days,
    ln(1 + intake.episode_duration_days) as log_duration_days,
    intake.onset,
    intake.prior_episodes,
    intake.prior_manipulation,
    intake.prior_spine_surgery,
    intake.nprs_back_avg as back_pain_points,
    intake.nprs_leg_avg as leg_pain_points,
    episode.main_pain_points,
    episode.larger_pain_points,
    intake.nprs_worst_24h,
    intake.odi_pct,
    intake.rmdq24,
    episode.disability_instrument,
    episode.disability_points,
    intake.psfs_mean,
    intake.start_total,
    intake.start_psych,
    coalesce(facts.start_risk_by_score, intake.start_risk) as start_risk,
    intake.fabq_work,
    intake.fabq_pa,
    facts.is_neuropathic,
    intake.sbi,
    intake.phq2,
    intake.pseq,
    intake.eq5d5l_index,
    intake.expect_recovery,
    intake.preference_treatment,
    intake.expect_last_long as expects_to_last_long,
    intake.sleep_disturbed,
    intake.standing_limit_min,
    intake.walking_limit,
    intake.relief_sitting_or_flexion,
    intake.numbness,
    intake.paraesthesia,
    intake.weakness_reported,
    facts.has_dermatomal_symptoms,
    intake.cough_sneeze_leg_pain,
    intake.morning_stiffness_min,
    intake.night_pain_wakes_2nd_half,
    flags.has_osteoporosis,
    flags.has_anticoagulant,
    flags.has_prolonged_steroid,
    intake.comorb_diabetes,
    intake.comorb_cvd_pad,
    intake.comorb_inflammatory_arthritis,
    intake.comorb_hip_knee_oa,
    intake.comorb_depression_anxiety,
    intake.comorb_neuro_disease,
    intake.comorb_other_count,
    intake.fh_inflammatory_spine,
    intake.fh_disc_surgery,
    intake.fh_cancer_first_degree,
    intake.fh_diabetes,
    intake.med_nsaid,
    intake.med_paracetamol,
    intake.med_opioid,
    intake.med_gabapentinoid,
    intake.med_antidepressant,
    intake.med_steroid_injection_6mo,
    exam.exam_day,
    coalesce(exam.is_lumbar_exam_done, intake.lumbar_exam_done) as is_lumbar_exam_done,
    exam.lowest_myotome,
    exam.has_weak_myotome,
    exam.has_reflex_asymmetry,
    exam.has_reduced_sensation,
    facts.neuro_deficit,
    exam.is_slr_positive,
    exam.is_crossed_slr_positive,
    exam.is_slump_positive,
    exam.is_femoral_stretch_positive,
    exam.has_hypomobile_segment,
    exam.has_hip_rotation_above_35_deg,
    exam.is_prone_instability_positive,
    exam.has_aberrant_movement,
    exam.centralisation,
    exam.directional_preference,
    exam.gait,
    exam.clinical_dx,
    blood.crp_mg_l,
    blood.esr_mm_h,
    blood.hba1c_mmol_mol,
    imaging.has_imaging,
    imaging.has_mri,
    imaging.worst_disc_contour,
    imaging.worst_disc_height_loss,
    imaging.worst_pfirrmann,
    imaging.worst_facet_arthropathy,
    imaging.worst_central_stenosis,
    imaging.worst_lateral_recess_stenosis,
    imaging.worst_foraminal_stenosis,
    imaging.worst_spondylolisthesis,
    imaging.worst_nerve_root_compromise,
    imaging.worst_modic,
    case
        when
            list_has_any(exam.roots_with_signs, list_concat(imaged_roots.roots_left, imaged_roots.roots_right))
            then true
        when imaging.worst_nerve_root_compromise is not null and exam.has_neuro_deficit is not null then false
    end as has_concordant_root,
    counts.flynn_n_pos,
    counts.flynn_n_known,
    case
        when counts.flynn_n_pos >= 4 then 'positive'
        when counts.flynn_n_pos + 5 - counts.flynn_n_known < 4 then 'negative'
        else 'indeterminate'
    end as cpr_manip,
    facts.is_under_16_days and not intake.pain_below_knee as cpr_pragmatic,
    case
        when not facts.is_walking_or_standing_limited then 'none'
        when facts.has_arterial_sign then 'vascular'
        when
            facts.has_leg_pain
            and facts.is_walking_or_standing_limited
            and intake.relief_sitting_or_flexion
            and exam.pedal_pulses = 'present' then 'neurogenic'
        else 'undetermined'
    end as claudication_type,
    case
        when facts.has_leg_pain and facts.neuro_deficit then 'radicular_pain_with_radiculopathy'
        when not facts.has_leg_pain and facts.neuro_deficit then 'painless_radiculopathy'
        when not facts.has_leg_pain and not facts.neuro_deficit then 'none'
        when
            facts.has_leg_pain
            and not facts.neuro_deficit
            and (facts.is_nerve_tension_positive or facts.has_dermatomal_symptoms) then 'radicular_pain'
        when
            facts.has_leg_pain
            and not facts.neuro_deficit
            and not facts.is_nerve_tension_positive
            and not facts.has_dermatomal_symptoms then 'somatic_referred_pain'
        else 'undetermined'
    end as srlp_type
from clean.intake as intake
inner join facts on intake.episode_key = facts.episode_key
inner join counts on intake.episode_key = counts.episode_key
inner join cohort.episodes as episode on intake.episode_key = episode.episode_key
inner join cohort.red_flags as flags on intake.episode_key = flags.episode_key
inner join cohort.imaging as imaging on intake.episode_key = imaging.episode_key
left join cohort.examinations as exam on intake.episode_key = exam.episode_key
left join cohort.blood_tests as blood on intake.episode_key = blood.episode_key
left join imaged_roots on intake.episode_key = imaged_roots.episode_key
