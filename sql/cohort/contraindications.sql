-- One episode: is manipulation contraindicated by what was known on day 0, and was the red-flag screening complete.
-- absolute: suspected cauda equina, progressive or major deficit, malignancy, infection, aneurysm or inflammatory spine disease by the
-- screening rules; an acute fracture on imaging or a fracture rule met by more than age and sex; any fracture with osteoporosis; a slip
-- of grade 3 or 4; upper motor neuron signs. relative: osteoporosis, anticoagulant, prolonged steroid, pregnancy, a hypermobile
-- segment, an extrusion with a deficit, a spinal fusion (how recent it is has no field). unknown: nothing absolute is met and a
-- tier-1 red flag is not known; it goes before relative. is_screening_complete: every tier-1 flag, or rf_any alone, was answered.
-- is_excluded_condition: a condition that domain/screening.md excludes is met (hip osteoarthritis only when it is the main complaint);
-- is_outside_radicular_cohort: vascular claudication, or neuropathy without a radiculopathy beside it, is met.
-- scope: patient
-- key: episode_key
-- expect: contraindication not null
-- expect: contraindication in absolute, relative, none, unknown
-- expect: is_screening_complete not null
-- expect: is_excluded_condition not null
with met as (
    select
        screening.episode_key,
        list(screening.condition) filter (where screening.status = 'met') as conditions
    from cohort.screening as screening
    group by screening.episode_key
),

facts as (
    select
        flags.episode_key,
        flags.is_screening_complete,
        flags.has_unnamed_red_flag,
        coalesce(met.conditions, []) as conditions,
        flags.has_significant_trauma or flags.has_prolonged_steroid or flags.has_osteoporosis as has_fracture_risk,
        flags.has_osteoporosis
        and list_has_any(imaging.serious_findings, ['fracture_acute', 'fracture_old']) as has_osteoporotic_fracture,
        list_contains(imaging.serious_findings, 'fracture_acute') as has_acute_fracture,
        imaging.worst_spondylolisthesis >= 3 as has_unstable_slip,
        exam.has_umn_signs,
        exam.clinical_dx,
        flags.has_osteoporosis
        or flags.has_anticoagulant
        or flags.has_prolonged_steroid
        or flags.is_under18_or_pregnant
        or exam.has_hypermobile_segment
        or (imaging.worst_disc_contour >= 3 and coalesce(exam.has_neuro_deficit, intake.neuro_deficit))
        or intake.prior_spine_surgery = 'fusion' as is_relative
    from cohort.red_flags as flags
    inner join clean.intake as intake on flags.episode_key = intake.episode_key
    inner join cohort.imaging as imaging on flags.episode_key = imaging.episode_key
    left join cohort.examinations as exam on flags.episode_key = exam.episode_key
    left join met on flags.episode_key = met.episode_key
)

select
    facts.episode_key,
    case
        when
            list_has_any(
                facts.conditions,
                [
                    'cauda_equina',
                    'progressive_motor_deficit',
                    'malignancy',
                    'infection',
                    'aortic_aneurysm',
                    'axial_spondyloarthritis'
                ]
            )
            or facts.has_acute_fracture
            or (list_contains(facts.conditions, 'fracture') and facts.has_fracture_risk)
            or facts.has_osteoporotic_fracture
            or facts.has_unstable_slip
            or facts.has_umn_signs
            then 'absolute'
        when not facts.is_screening_complete or facts.has_unnamed_red_flag then 'unknown'
        when facts.is_relative then 'relative'
        else 'none'
    end as contraindication,
    facts.is_screening_complete,
    list_has_any(
        facts.conditions,
        [
            'cauda_equina',
            'progressive_motor_deficit',
            'fracture',
            'malignancy',
            'infection',
            'aortic_aneurysm',
            'peripheral_nerve_entrapment',
            'axial_spondyloarthritis',
            'upper_motor_neuron_disease',
            'dvt_compartment_shingles',
            'visceral'
        ]
    )
    or coalesce(
        list_contains(facts.conditions, 'hip_osteoarthritis') and facts.clinical_dx = 'other_msk', false
    ) as is_excluded_condition,
    list_contains(facts.conditions, 'vascular_claudication')
    or (
        list_contains(facts.conditions, 'peripheral_neuropathy')
        and coalesce(facts.clinical_dx, 'none') not in ('radicular_pain', 'radiculopathy')
    ) as is_outside_radicular_cohort
from facts
