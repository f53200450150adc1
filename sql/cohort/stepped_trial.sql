-- What the stepped trial is estimated on: one row an episode with what was started in the first 14 days and, for weeks 2, 4 and 6, its
-- decision visit (cohort.decision_visits), what was known there and what was done until the week's last day, and outcomes.
-- There is a decision while no manipulation was given before and every week before says what was done; else later arms count for
-- nothing. The covariates are those of the protocol (pipelines/causal/trials.py); a test says so.
-- scope: patient
-- key: episode_key
-- expect: arm in manipulation, without_manipulation
-- expect: arm_week2 in add_manipulation, continue_without, not_recorded
-- expect: arm_week4 in add_manipulation, continue_without, not_recorded
-- expect: arm_week6 in add_manipulation, continue_without, not_recorded
select
    eligibility.episode_key,
    episode.patient_key,
    episode.clinic_code,
    case
        when index_arm.index_arm = 'manipulation' then 'manipulation'
        when index_arm.has_component_by_day14 then 'without_manipulation'
    end as arm,
    index_arm.practitioner_key,
    eligibility.is_eligible,
    eligibility.exclusion,
    contraindication.contraindication,
    contraindication.is_screening_complete,
    coalesce(not week2.is_manipulated_before, false) as has_decision_week2,
    week2.arm_in_window as arm_week2,
    week2.is_under_20_percent_better as is_under_20_percent_better_week2,
    week2.is_under_30_percent_better as is_under_30_percent_better_week2,
    week2.is_under_50_percent_better as is_under_50_percent_better_week2,
    case
        when week2.arm_in_window = 'not_recorded' then false
        else coalesce(not week4.is_manipulated_before, false)
    end as has_decision_week4,
    week4.arm_in_window as arm_week4,
    week4.is_under_20_percent_better as is_under_20_percent_better_week4,
    week4.is_under_30_percent_better as is_under_30_percent_better_week4,
    week4.is_under_50_percent_better as is_under_50_percent_better_week4,
    case
        when week2.arm_in_window = 'not_recorded' or week4.arm_in_window = 'not_recorded' then false
        else coalesce(not week6.is_manipulated_before, false)
    end as has_decision_week6,
    week6.arm_in_window as arm_week6,
    week6.is_under_20_percent_better as is_under_20_percent_better_week6,
    week6.is_under_30_percent_better as is_under_30_percent_better_week6,
    week6.is_under_50_percent_better as is_under_50_percent_better_week6,
    covariate.age_midpoint_years,
    covariate.sex,
    covariate.bmi,
    covariate.smoking,
    covariate.work_status,
    covariate.work_demand,
    covariate.compensation_claim,
    covariate.referral_source,
    covariate.log_duration_days,
    covariate.onset,
    covariate.prior_episodes,
    covariate.prior_manipulation,
    covariate.prior_spine_surgery,
    covariate.has_leg_or_foot_complaint,
    covariate.pain_below_knee,
    covariate.leg_worse_than_back,
    covariate.back_pain_points,
    covariate.leg_pain_points,
    covariate.disability_instrument,
    covariate.odi_pct,
    covariate.rmdq24,
    covariate.start_total,
    covariate.start_psych,
    covariate.fabq_work,
    covariate.fabq_pa,
    covariate.phq2,
    covariate.pseq,
    covariate.expect_recovery,
    covariate.preference_treatment,
    covariate.sleep_disturbed,
    covariate.walking_limit,
    covariate.is_neuropathic,
    covariate.numbness,
    covariate.neuro_deficit,
    covariate.is_slr_positive,
    covariate.has_hypomobile_segment,
    covariate.has_hip_rotation_above_35_deg,
    covariate.flynn_n_pos,
    covariate.has_osteoporosis,
    covariate.has_anticoagulant,
    covariate.comorb_diabetes,
    covariate.comorb_cvd_pad,
    covariate.comorb_depression_anxiety,
    covariate.comorb_other_count,
    covariate.med_nsaid,
    covariate.med_opioid,
    covariate.med_gabapentinoid,
    covariate.has_imaging,
    covariate.worst_disc_contour,
    covariate.worst_central_stenosis,
    covariate.worst_nerve_root_compromise,
    covariate.worst_spondylolisthesis,
    index_arm.index_arm,
    index_arm.has_exercise_by_day14,
    early_course.pain_improvement_fraction_day14,
    week2.time_zero_day as time_zero_day_week2,
    week2.pain_at_time_zero as pain_at_time_zero_week2,
    week2.improvement_fraction as improvement_fraction_week2,
    week2.pain_slope_per_week as pain_slope_per_week_week2,
    week2.disability_by_time_zero as disability_by_time_zero_week2,
    week2.attended_before as attended_before_week2,
    week2.missed_before as missed_before_week2,
    week4.time_zero_day as time_zero_day_week4,
    week4.pain_at_time_zero as pain_at_time_zero_week4,
    week4.improvement_fraction as improvement_fraction_week4,
    week4.pain_slope_per_week as pain_slope_per_week_week4,
    week4.disability_by_time_zero as disability_by_time_zero_week4,
    week4.attended_before as attended_before_week4,
    week4.missed_before as missed_before_week4,
    week6.time_zero_day as time_zero_day_week6,
    week6.pain_at_time_zero as pain_at_time_zero_week6,
    week6.improvement_fraction as improvement_fraction_week6,
    week6.pain_slope_per_week as pain_slope_per_week_week6,
    week6.disability_by_time_zero as disability_by_time_zero_week6,
    week6.attended_before as attended_before_week6,
    week6.missed_before as missed_before_week6,
    outcome.r30d_12wk,
    outcome.rmdq24_12wk,
    outcome.odi_pct_12wk,
    outcome.pain_12wk,
    outcome.r30d_26wk,
    outcome.rmdq24_26wk,
    outcome.odi_pct_26wk,
    outcome.pain_26wk,
    outcome.is_due_12wk,
    outcome.is_due_26wk
from cohort.eligibility as eligibility
inner join cohort.episodes as episode on eligibility.episode_key = episode.episode_key
inner join cohort.covariates as covariate on eligibility.episode_key = covariate.episode_key
inner join cohort.contraindications as contraindication on eligibility.episode_key = contraindication.episode_key
left join cohort.index_arms as index_arm on eligibility.episode_key = index_arm.episode_key
left join cohort.early_course as early_course on eligibility.episode_key = early_course.episode_key
left join cohort.decision_visits as week2 on eligibility.episode_key = week2.episode_key and week2.week = 2
left join cohort.decision_visits as week4 on eligibility.episode_key = week4.episode_key and week4.week = 4
left join cohort.decision_visits as week6 on eligibility.episode_key = week6.episode_key and week6.week = 6
left join cohort.trial_outcomes as outcome on eligibility.episode_key = outcome.episode_key
where eligibility.trial = 'stepped'
