-- Whether one episode's first assessment kept an indicator: first forms complete (QI-01), low back examined (QI-03), nerves examined
-- (QI-04), red flags screened (QI-05), red flag acted on (QI-06). One row an episode and indicator it is judged by.
-- An item that was declined, unknown to the patient, not applicable or masked is left out; not recorded (a), not
-- performed (p) and unreadable (x) count as not done. A clinic that never records what an indicator needs has no rows in
-- it: not recorded, not failed.
-- scope: global
-- key: indicator, unit_key
-- expect: clinic_code not null
-- expect: is_met not null
with baseline_forms as (
    select
        episodes.clinic_code,
        episodes.episode_key,
        (
            coalesce(intake.nprs_back_avg_reason, '') not in ('a', 'p', 'x')
            and coalesce(intake.nprs_leg_avg_reason, '') not in ('a', 'p', 'x')
            and (intake.odi_pct is not null or intake.rmdq24 is not null)
        )
        or coalesce(
            first_form.completed_day <= 3
            and first_form.nprs_back_avg_reason is null
            and first_form.nprs_leg_avg_reason is null
            and (first_form.odi_pct is not null or first_form.rmdq24 is not null),
            false
        ) as is_met
    from cohort.episodes as episodes
    inner join clean.intake as intake on episodes.episode_key = intake.episode_key
    left join clean.outcome as first_form
        on episodes.episode_key = first_form.episode_key and first_form.timepoint_wk = '0'
),

second_visits as (
    select
        sessions.episode_key,
        min(sessions.session_day) as session_day
    from cohort.sessions as sessions
    where sessions.attended_no = 2
    group by sessions.episode_key
),

lumbar_examined as (
    select exam.episode_key
    from clean.exam as exam
    left join second_visits on exam.episode_key = second_visits.episode_key
    where exam.lumbar_exam_done and exam.exam_day <= coalesce(second_visits.session_day, exam.exam_day)
    union
    select intake.episode_key
    from clean.intake as intake
    where intake.lumbar_exam_done
),

clinics_recording_lumbar as (
    select exam.clinic_code
    from clean.exam as exam
    where coalesce(exam.lumbar_exam_done_reason, '') <> 'a'
    union
    select intake.clinic_code
    from clean.intake as intake
    where coalesce(intake.lumbar_exam_done_reason, '') <> 'a'
),

lumbar_examinations as (
    select
        episodes.clinic_code,
        episodes.episode_key,
        lumbar_examined.episode_key is not null as is_met
    from cohort.episodes as episodes
    inner join clinics_recording_lumbar on episodes.clinic_code = clinics_recording_lumbar.clinic_code
    left join lumbar_examined on episodes.episode_key = lumbar_examined.episode_key
    where episodes.has_leg_or_foot_complaint
),

neurologically_examined as (
    select distinct exam.episode_key
    from clean.exam as exam
    where
        not list_has_any(
            [
                coalesce(exam.myotome_l2_l_reason, ''), coalesce(exam.myotome_l2_r_reason, ''),
                coalesce(exam.myotome_l3_l_reason, ''), coalesce(exam.myotome_l3_r_reason, ''),
                coalesce(exam.myotome_l4_l_reason, ''), coalesce(exam.myotome_l4_r_reason, ''),
                coalesce(exam.myotome_l5_l_reason, ''), coalesce(exam.myotome_l5_r_reason, ''),
                coalesce(exam.myotome_s1_l_reason, ''), coalesce(exam.myotome_s1_r_reason, ''),
                coalesce(exam.reflex_patellar_l_reason, ''), coalesce(exam.reflex_patellar_r_reason, ''),
                coalesce(exam.reflex_achilles_l_reason, ''), coalesce(exam.reflex_achilles_r_reason, ''),
                coalesce(exam.sensation_l3_l_reason, ''), coalesce(exam.sensation_l3_r_reason, ''),
                coalesce(exam.sensation_l4_l_reason, ''), coalesce(exam.sensation_l4_r_reason, ''),
                coalesce(exam.sensation_l5_l_reason, ''), coalesce(exam.sensation_l5_r_reason, ''),
                coalesce(exam.sensation_s1_l_reason, ''), coalesce(exam.sensation_s1_r_reason, '')
            ],
            ['a', 'p', 'x']
        )
        and (exam.slr_deg_l is not null or coalesce(exam.slr_positive_l_reason, '') not in ('a', 'p', 'x'))
        and (exam.slr_deg_r is not null or coalesce(exam.slr_positive_r_reason, '') not in ('a', 'p', 'x'))
),

examining_clinics as (
    select distinct exam.clinic_code
    from clean.exam as exam
),

neurological_examinations as (
    select
        episodes.clinic_code,
        episodes.episode_key,
        neurologically_examined.episode_key is not null as is_met
    from cohort.episodes as episodes
    inner join examining_clinics on episodes.clinic_code = examining_clinics.clinic_code
    left join neurologically_examined on episodes.episode_key = neurologically_examined.episode_key
    where episodes.has_leg_or_foot_complaint or episodes.pain_below_knee
),

red_flag_reasons as (
    select
        intake.clinic_code,
        intake.episode_key,
        coalesce(intake.rf_any_reason, '') as single_reason,
        [
            coalesce(intake.rf_saddle_anaesthesia_reason, ''), coalesce(intake.rf_bladder_bowel_reason, ''),
            coalesce(intake.rf_bilateral_neuro_reason, ''), coalesce(intake.rf_progressive_deficit_reason, ''),
            coalesce(intake.rf_cancer_history_reason, ''), coalesce(intake.rf_weight_loss_reason, ''),
            coalesce(intake.rf_fever_infection_reason, ''), coalesce(intake.rf_immunosuppression_ivdu_reason, ''),
            coalesce(intake.rf_significant_trauma_reason, ''), coalesce(intake.rf_osteoporosis_reason, ''),
            coalesce(intake.rf_steroid_prolonged_reason, ''), coalesce(intake.rf_anticoagulant_reason, ''),
            coalesce(intake.rf_under18_pregnant_reason, '')
        ] as reasons
    from clean.intake as intake
),

clinics_recording_red_flags as (
    select distinct red_flag_reasons.clinic_code
    from red_flag_reasons
    where red_flag_reasons.single_reason <> 'a' or list_distinct(red_flag_reasons.reasons) <> ['a']
),

red_flag_screens as (
    select
        red_flag_reasons.clinic_code,
        red_flag_reasons.episode_key,
        not list_has_any(red_flag_reasons.reasons, ['a', 'p', 'x'])
        or (
            red_flag_reasons.single_reason not in ('a', 'p', 'x')
            and list_distinct(red_flag_reasons.reasons) = ['a']
        ) as is_met
    from red_flag_reasons
    inner join clinics_recording_red_flags
        on red_flag_reasons.clinic_code = clinics_recording_red_flags.clinic_code
),

red_flags_present as (
    select
        intake.clinic_code,
        intake.episode_key,
        coalesce(intake.red_flag_action in ('urgent_referral', 'emergency_referral', 'imaging_requested'), false)
            as is_met
    from clean.intake as intake
    where
        (
            coalesce(intake.rf_any, false)
            or coalesce(intake.rf_saddle_anaesthesia, false)
            or coalesce(intake.rf_bladder_bowel, false)
            or coalesce(intake.rf_sexual_dysfunction, false)
            or coalesce(intake.rf_bilateral_neuro, false)
            or coalesce(intake.rf_progressive_deficit, false)
            or coalesce(intake.rf_cancer_history, false)
            or coalesce(intake.rf_weight_loss, false)
            or coalesce(intake.rf_fever_infection, false)
            or coalesce(intake.rf_immunosuppression_ivdu, false)
            or coalesce(intake.rf_significant_trauma, false)
            or coalesce(intake.rf_osteoporosis, false)
            or coalesce(intake.rf_steroid_prolonged, false)
            or coalesce(intake.rf_anticoagulant, false)
            or coalesce(intake.rf_aaa_or_pulsatile_mass, false)
            or coalesce(intake.rf_under18_pregnant, false)
        )
        and coalesce(intake.red_flag_action_reason, '') not in ('d', 'u', 'n', 's')
        and exists (
            select recorded.episode_key
            from clean.intake as recorded
            where recorded.clinic_code = intake.clinic_code and recorded.red_flag_action is not null
        )
),

judged as (
    select
        baseline_forms.clinic_code,
        baseline_forms.episode_key,
        baseline_forms.episode_key as unit_key,
        'QI-01' as indicator,
        baseline_forms.is_met
    from baseline_forms
    union all
    select
        lumbar_examinations.clinic_code,
        lumbar_examinations.episode_key,
        lumbar_examinations.episode_key as unit_key,
        'QI-03' as indicator,
        lumbar_examinations.is_met
    from lumbar_examinations
    union all
    select
        neurological_examinations.clinic_code,
        neurological_examinations.episode_key,
        neurological_examinations.episode_key as unit_key,
        'QI-04' as indicator,
        neurological_examinations.is_met
    from neurological_examinations
    union all
    select
        red_flag_screens.clinic_code,
        red_flag_screens.episode_key,
        red_flag_screens.episode_key as unit_key,
        'QI-05' as indicator,
        red_flag_screens.is_met
    from red_flag_screens
    union all
    select
        red_flags_present.clinic_code,
        red_flags_present.episode_key,
        red_flags_present.episode_key as unit_key,
        'QI-06' as indicator,
        red_flags_present.is_met
    from red_flags_present
)

select
    judged.clinic_code,
    episode.index_period,
    judged.indicator,
    judged.unit_key,
    judged.episode_key,
    judged.is_met
from judged
inner join cohort.episodes as episode on judged.episode_key = episode.episode_key
