-- Process indicators QI-01 to QI-05 and QI-09 to QI-11: one row a clinic ('network': all) and indicator.
-- An item that was declined, unknown to the patient, not applicable or masked is left out; not recorded (a), not
-- performed (p) and unreadable (x) count as not done. A clinic that never records what an indicator needs (no answer on
-- lumbar examination, no examination feed, no red-flag question at all) has a denominator of 0: not recorded, not failed.
-- scope: global
-- key: clinic_code, indicator
-- part: numerator of denominator
-- sum: clinic_code to network
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

twelve_week_forms as (
    select
        episodes.clinic_code,
        episodes.episode_key,
        outcomes.status = 'in_window' as is_met
    from cohort.outcomes as outcomes
    inner join cohort.episodes as episodes on outcomes.episode_key = episodes.episode_key
    where outcomes.timepoint_weeks = 12 and outcomes.is_due
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

first_manipulations as (
    select
        sessions.clinic_code,
        sessions.episode_key,
        sessions.session_day,
        bool_or(sessions.has_thrust) as has_thrust
    from cohort.sessions as sessions
    where sessions.is_attended and sessions.has_manipulation
    group by sessions.clinic_code, sessions.episode_key, sessions.session_day
    qualify
        row_number() over (
            partition by sessions.episode_key
            order by sessions.session_day
        ) = 1
),

ruled_out_before as (
    select
        first_manipulations.clinic_code,
        first_manipulations.episode_key,
        coalesce(
            contraindications.is_screening_complete
            and (
                contraindications.contraindication = 'none'
                or (contraindications.contraindication = 'relative' and not first_manipulations.has_thrust)
            ),
            false
        ) as is_met
    from first_manipulations
    left join cohort.contraindications as contraindications
        on first_manipulations.episode_key = contraindications.episode_key
),

qualified_sessions as (
    select
        sessions.clinic_code,
        sessions.session_key,
        coalesce(
            sessions.practitioner_qualification in ('postgrad_cert', 'postgrad_masters_manip', 'fellow_ifompt'), false
        ) as is_met
    from cohort.sessions as sessions
    where sessions.is_attended and sessions.has_manipulation
),

accompanied as (
    select
        first_manipulations.clinic_code,
        first_manipulations.episode_key,
        coalesce(bool_or(sessions.has_exercise), false) as is_met
    from first_manipulations
    left join cohort.sessions as sessions
        on
            first_manipulations.episode_key = sessions.episode_key
            and sessions.is_attended
            and sessions.session_day
            between first_manipulations.session_day - 7 and first_manipulations.session_day + 7
    group by first_manipulations.clinic_code, first_manipulations.episode_key
),

judged as (
    select
        baseline_forms.clinic_code,
        'QI-01' as indicator,
        baseline_forms.is_met
    from baseline_forms
    union all
    select
        twelve_week_forms.clinic_code,
        'QI-02' as indicator,
        twelve_week_forms.is_met
    from twelve_week_forms
    union all
    select
        lumbar_examinations.clinic_code,
        'QI-03' as indicator,
        lumbar_examinations.is_met
    from lumbar_examinations
    union all
    select
        neurological_examinations.clinic_code,
        'QI-04' as indicator,
        neurological_examinations.is_met
    from neurological_examinations
    union all
    select
        red_flag_screens.clinic_code,
        'QI-05' as indicator,
        red_flag_screens.is_met
    from red_flag_screens
    union all
    select
        ruled_out_before.clinic_code,
        'QI-09' as indicator,
        ruled_out_before.is_met
    from ruled_out_before
    union all
    select
        qualified_sessions.clinic_code,
        'QI-10' as indicator,
        qualified_sessions.is_met
    from qualified_sessions
    union all
    select
        accompanied.clinic_code,
        'QI-11' as indicator,
        accompanied.is_met
    from accompanied
),

counted as (
    select
        coalesce(judged.clinic_code, 'network') as clinic_code,
        judged.indicator,
        count(*) filter (where judged.is_met) as numerator,
        count(*) as denominator
    from judged
    group by grouping sets ((judged.clinic_code, judged.indicator), (judged.indicator))
),

listed as (
    select distinct episodes.clinic_code
    from cohort.episodes as episodes
    union all
    select 'network' as clinic_code
),

shipped as (
    select unnest(['QI-01', 'QI-02', 'QI-03', 'QI-04', 'QI-05', 'QI-09', 'QI-10', 'QI-11']) as indicator
)

select
    listed.clinic_code,
    shipped.indicator,
    coalesce(counted.numerator, 0) as numerator,
    coalesce(counted.denominator, 0) as denominator
from listed
cross join shipped
left join counted on listed.clinic_code = counted.clinic_code and shipped.indicator = counted.indicator
