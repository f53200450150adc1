-- Whether imaging kept an indicator. QI-07: a study of the low back asked for by this clinic on days 0 to 42 without red flag or nerve
-- deficit (fewer is better), of episodes whose screening is complete and without either; QI-07a: the same on days 0 to 28 in ages 18
-- to 69, near HEDIS, whose ages end at 75 where our bands cannot. QI-08: of magnetic-resonance studies with a nerve root touched or
-- more, those whose reading fits the symptoms; not said is left out. A clinic without an imaging feed has no rows.
-- scope: global
-- key: indicator, unit_key
-- expect: clinic_code not null
-- expect: is_met not null
with clinics_with_imaging as (
    select distinct imaging.clinic_code
    from clean.imaging as imaging
    where imaging.requested_by is not null
),

without_reason as (
    select
        episodes.clinic_code,
        episodes.episode_key,
        episodes.age_midpoint_years,
        episodes.observed_through_day,
        min(imaging.study_day) filter (
            where
            imaging.requested_by = 'this_clinic'
            and imaging.region in ('lumbar', 'sacroiliac', 'pelvis', 'whole_spine')
            and imaging.study_day >= 0
            and not coalesce(imaging.red_flag_at_request, false)
        ) as first_study_day
    from cohort.episodes as episodes
    inner join clinics_with_imaging on episodes.clinic_code = clinics_with_imaging.clinic_code
    inner join cohort.red_flags as flags on episodes.episode_key = flags.episode_key
    inner join cohort.covariates as covariates on episodes.episode_key = covariates.episode_key
    left join clean.imaging as imaging on episodes.episode_key = imaging.episode_key
    where
        flags.is_screening_complete
        and not flags.has_unnamed_red_flag
        and not covariates.neuro_deficit
        and not coalesce(
            flags.has_saddle_anaesthesia
            or flags.has_bladder_bowel_dysfunction
            or flags.has_bilateral_neuro_deficit
            or flags.has_progressive_deficit
            or flags.has_cancer_history
            or flags.has_weight_loss
            or flags.has_fever
            or flags.has_immunosuppression
            or flags.has_significant_trauma
            or flags.has_osteoporosis
            or flags.has_prolonged_steroid
            or flags.has_anticoagulant
            or flags.has_aortic_aneurysm
            or flags.is_under18_or_pregnant,
            false
        )
    group by
        episodes.clinic_code,
        episodes.episode_key,
        episodes.age_midpoint_years,
        episodes.observed_through_day
),

compromised as (
    select
        imaging.clinic_code,
        imaging.episode_key,
        imaging.imaging_key,
        bool_or(reading.concordant_with_symptoms) as is_met
    from clean.imaging as imaging
    inner join clean.imaging_level as reading on imaging.imaging_key = reading.imaging_key
    where
        imaging.modality = 'MR'
        and reading.assessed
        and reading.nerve_root_compromise in ('contact', 'deviation', 'compression')
        and reading.concordant_with_symptoms is not null
    group by imaging.clinic_code, imaging.episode_key, imaging.imaging_key
),

judged as (
    select
        without_reason.clinic_code,
        without_reason.episode_key,
        without_reason.episode_key as unit_key,
        'QI-07' as indicator,
        coalesce(without_reason.first_study_day <= 42, false) as is_met
    from without_reason
    where without_reason.observed_through_day > 42
    union all
    select
        without_reason.clinic_code,
        without_reason.episode_key,
        without_reason.episode_key as unit_key,
        'QI-07a' as indicator,
        coalesce(without_reason.first_study_day <= 28, false) as is_met
    from without_reason
    where without_reason.observed_through_day > 28 and without_reason.age_midpoint_years < 70
    union all
    select
        compromised.clinic_code,
        compromised.episode_key,
        compromised.imaging_key as unit_key,
        'QI-08' as indicator,
        compromised.is_met
    from compromised
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
