-- One episode and condition of the differential diagnosis: are its screening criteria met, not met, or unknown on day 0.
-- The rules are those of domain/screening.md, one by one in docs/screening-rules.md. A rule is met by one criterion that is enough
-- alone, or by `needed` of the criteria that count together; not met when even the unknown ones could not make it so; else unknown.
-- What the contract has no field for is unknown, never not met. Age bands: a limit within a year of a band's edge takes the band
-- whole, a band that the limit cuts is unknown. It says nothing about a diagnosis.
-- Timing: intake, examinations, blood tests and imaging of day 0 or before.
-- scope: patient
-- key: episode_key, condition
-- expect: status not null
-- expect: status in met, not_met, unknown
with bands as (
    select
        intake.episode_key,
        cast(left(intake.age_band, 2) as integer) as youngest,
        case when intake.age_band = '90+' then 120 else cast(right(intake.age_band, 2) as integer) end as oldest,
        intake.episode_duration_days / 365.25 as duration_years
    from clean.intake as intake
),

ages as (
    select
        bands.episode_key,
        bands.youngest >= 70 as is_70_or_over,
        case when bands.youngest > 65 then true when bands.oldest <= 65 then false end as is_over_65,
        bands.youngest >= 50 as is_over_48_or_50,
        case
            when bands.oldest + 1 - bands.duration_years <= 45 then true
            when bands.youngest - bands.duration_years >= 45 then false
        end as is_onset_under_45,
        case
            when bands.oldest + 1 - bands.duration_years <= 35 then true
            when bands.youngest - bands.duration_years >= 35 then false
        end as is_onset_under_35
    from bands
),

facts as (
    select
        intake.episode_key,
        case
            when exam.has_weak_myotome_left and exam.has_weak_myotome_right then true
            else flags.has_bilateral_neuro_deficit
        end as has_bilateral_deficit,
        coalesce(
            exam.has_myotome_of_3_or_less, case when not intake.neuro_deficit then false end
        ) as has_myotome_of_3_or_less,
        blood.is_crp_raised
        or blood.is_esr_raised
        or blood.is_alp_raised
        or blood.is_calcium_raised as is_any_marker_raised,
        list_contains(intake.complaint_region, 'calf')
        and intake.walking_limit in ('lt100m', '100_500m', '500m_1km') as has_calf_claudication,
        intake.walking_limit in ('lt100m', '100_500m', '500m_1km')
        or intake.standing_limit_min in ('lt5', '5_15', '15_30') as is_walking_or_standing_limited,
        case
            when exam.pedal_pulses in ('reduced', 'absent') or exam.abpi_min <= 0.9 then true
            when exam.pedal_pulses = 'present' or exam.abpi_min <= 1.4 then false
        end as has_arterial_sign,
        ages.is_onset_under_45
        and coalesce(intake.episode_duration_days > 90, intake.duration_band in ('3-12mo', 'gt12mo')) as is_early_onset,
        coalesce(imaging.serious_findings, []) as findings,
        cast(null as boolean) as no_field
    from clean.intake as intake
    inner join ages on intake.episode_key = ages.episode_key
    inner join cohort.red_flags as flags on intake.episode_key = flags.episode_key
    inner join cohort.imaging as imaging on intake.episode_key = imaging.episode_key
    left join cohort.examinations as exam on intake.episode_key = exam.episode_key
    left join cohort.blood_tests as blood on intake.episode_key = blood.episode_key
),

rules as (
    select
        intake.episode_key,
        unnest([
            {
                'condition': 'cauda_equina',
                'alone': [
                    flags.has_saddle_anaesthesia,
                    flags.has_bladder_bowel_dysfunction,
                    flags.has_sexual_dysfunction,
                    facts.has_bilateral_deficit,
                    intake.complaint_side = 'bilateral' and intake.pain_below_knee and flags.has_progressive_deficit,
                    list_contains(facts.findings, 'cauda_equina')
                ],
                'needed': 1,
                'together': cast([] as boolean[])
            },
            {
                'condition': 'progressive_motor_deficit',
                'alone': [flags.has_progressive_deficit, facts.has_myotome_of_3_or_less],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'fracture',
                'alone': [list_contains(facts.findings, 'fracture_acute')],
                'needed': 2,
                'together': [
                    ages.is_70_or_over,
                    flags.has_significant_trauma,
                    flags.has_prolonged_steroid,
                    flags.has_osteoporosis,
                    nullif(intake.sex, 'other') = 'female' and ages.is_over_65
                ]
            },
            {
                'condition': 'malignancy',
                'alone': [flags.has_cancer_history, list_contains(facts.findings, 'malignancy')],
                'needed': 2,
                'together': [
                    flags.has_weight_loss,
                    ages.is_over_48_or_50,
                    intake.night_pain_wakes_2nd_half,
                    facts.is_any_marker_raised
                ]
            },
            {
                'condition': 'infection',
                'alone': [
                    flags.has_fever,
                    flags.has_immunosuppression and facts.no_field,
                    flags.has_immunosuppression and blood.crp_mg_l >= 10,
                    list_contains(facts.findings, 'infection')
                ],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'vascular_claudication',
                'alone': [facts.has_calf_claudication and facts.has_arterial_sign],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'neurogenic_claudication',
                'alone': [],
                'needed': 4,
                'together': [
                    intake.complaint_side = 'bilateral',
                    intake.leg_worse_than_back,
                    facts.is_walking_or_standing_limited,
                    intake.relief_sitting_or_flexion,
                    ages.is_over_48_or_50
                ]
            },
            {
                'condition': 'aortic_aneurysm',
                'alone': [
                    flags.has_aortic_aneurysm,
                    intake.sex = 'male' and ages.is_over_65 and intake.smoking = 'current' and facts.no_field,
                    list_contains(facts.findings, 'aaa')
                ],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'hip_osteoarthritis',
                'alone': [
                    list_contains(intake.complaint_region, 'groin') and exam.has_hip_rotation_below_15_deg,
                    exam.has_hip_provocation_pain and intake.morning_stiffness_min <= 60 and ages.is_over_48_or_50
                ],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'sacroiliac_or_trochanteric_pain',
                'alone': [facts.no_field],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'peripheral_neuropathy',
                'alone': [
                    exam.monofilament_vibration = 'reduced_stocking',
                    exam.monofilament_vibration = 'reduced_other'
                    and list_contains(intake.dermatome_symptoms, 'nondermatomal')
                ],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'peripheral_nerve_entrapment',
                'alone': [
                    exam.gait = 'foot_drop'
                    and not list_has_any(intake.complaint_region, ['low_back', 'buttock'])
                    and facts.no_field,
                    intake.complaint_region = ['thigh'] and facts.no_field
                ],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'axial_spondyloarthritis',
                'alone': [list_contains(facts.findings, 'inflammatory')],
                'needed': 4,
                'together': [
                    facts.is_early_onset and ages.is_onset_under_35,
                    facts.is_early_onset and intake.night_pain_wakes_2nd_half,
                    facts.is_early_onset and list_contains(intake.complaint_region, 'buttock'),
                    facts.is_early_onset and intake.fh_inflammatory_spine,
                    facts.is_early_onset and intake.comorb_inflammatory_arthritis,
                    facts.is_early_onset and facts.no_field,
                    facts.is_early_onset and facts.no_field,
                    facts.is_early_onset and facts.no_field,
                    facts.is_early_onset and facts.no_field
                ]
            },
            {
                'condition': 'upper_motor_neuron_disease',
                'alone': [exam.has_umn_signs, intake.comorb_neuro_disease],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'dvt_compartment_shingles',
                'alone': [facts.no_field],
                'needed': 1,
                'together': []
            },
            {
                'condition': 'visceral',
                'alone': [facts.no_field],
                'needed': 1,
                'together': []
            }
        ]) as rule
    from clean.intake as intake
    inner join facts on intake.episode_key = facts.episode_key
    inner join ages on intake.episode_key = ages.episode_key
    inner join cohort.red_flags as flags on intake.episode_key = flags.episode_key
    left join cohort.examinations as exam on intake.episode_key = exam.episode_key
    left join cohort.blood_tests as blood on intake.episode_key = blood.episode_key
),

counts as (
    select
        rules.episode_key,
        rules.rule['condition'] as condition,
        rules.rule['needed'] as needed,
        coalesce(list_sum(cast(rules.rule['alone'] as integer[])), 0) as n_alone,
        len(rules.rule['alone']) - list_count(rules.rule['alone']) as n_alone_unknown,
        coalesce(list_sum(cast(rules.rule['together'] as integer[])), 0) as n_together,
        len(rules.rule['together']) - list_count(rules.rule['together']) as n_together_unknown
    from rules
)

select
    counts.episode_key,
    counts.condition,
    case
        when counts.n_alone > 0 or counts.n_together >= counts.needed then 'met'
        when counts.n_alone_unknown = 0 and counts.n_together + counts.n_together_unknown < counts.needed then 'not_met'
        else 'unknown'
    end as status
from counts
