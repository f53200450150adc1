-- One episode examined by day 0: the last recorded value of each sign in the examinations on days -14 to 0, and what they add up to.
-- A sum of signs is three-valued: true when one sign shows it, false only when every sign was tested and none shows it, else NULL.
-- neuro_deficit (domain/derived.md): a myotome under 5, a knee or ankle jerk reduced against the other side, or sensation reduced or
-- absent in a root; roots_with_signs names them by side ('L5 left'). A sign that was not tested is never normal. exam_day is the last examination's.
-- scope: patient
-- key: episode_key
-- expect: exam_day between -14 and 0
-- expect: lowest_myotome between 0 and 5
with latest as (
    select
        exam.episode_key,
        max(exam.exam_day) as exam_day,
        arg_max(exam.lumbar_exam_done, exam.exam_day) as lumbar_exam_done,
        arg_max(exam.myotome_l2_l, exam.exam_day) as myotome_l2_l,
        arg_max(exam.myotome_l2_r, exam.exam_day) as myotome_l2_r,
        arg_max(exam.myotome_l3_l, exam.exam_day) as myotome_l3_l,
        arg_max(exam.myotome_l3_r, exam.exam_day) as myotome_l3_r,
        arg_max(exam.myotome_l4_l, exam.exam_day) as myotome_l4_l,
        arg_max(exam.myotome_l4_r, exam.exam_day) as myotome_l4_r,
        arg_max(exam.myotome_l5_l, exam.exam_day) as myotome_l5_l,
        arg_max(exam.myotome_l5_r, exam.exam_day) as myotome_l5_r,
        arg_max(exam.myotome_s1_l, exam.exam_day) as myotome_s1_l,
        arg_max(exam.myotome_s1_r, exam.exam_day) as myotome_s1_r,
        arg_max(exam.reflex_patellar_l, exam.exam_day) as reflex_patellar_l,
        arg_max(exam.reflex_patellar_r, exam.exam_day) as reflex_patellar_r,
        arg_max(exam.reflex_achilles_l, exam.exam_day) as reflex_achilles_l,
        arg_max(exam.reflex_achilles_r, exam.exam_day) as reflex_achilles_r,
        arg_max(exam.sensation_l3_l, exam.exam_day) as sensation_l3_l,
        arg_max(exam.sensation_l3_r, exam.exam_day) as sensation_l3_r,
        arg_max(exam.sensation_l4_l, exam.exam_day) as sensation_l4_l,
        arg_max(exam.sensation_l4_r, exam.exam_day) as sensation_l4_r,
        arg_max(exam.sensation_l5_l, exam.exam_day) as sensation_l5_l,
        arg_max(exam.sensation_l5_r, exam.exam_day) as sensation_l5_r,
        arg_max(exam.sensation_s1_l, exam.exam_day) as sensation_s1_l,
        arg_max(exam.sensation_s1_r, exam.exam_day) as sensation_s1_r,
        arg_max(exam.slr_positive_l, exam.exam_day) as slr_positive_l,
        arg_max(exam.slr_positive_r, exam.exam_day) as slr_positive_r,
        arg_max(exam.crossed_slr, exam.exam_day) as crossed_slr,
        arg_max(exam.slump_l, exam.exam_day) as slump_l,
        arg_max(exam.slump_r, exam.exam_day) as slump_r,
        arg_max(exam.femoral_stretch_l, exam.exam_day) as femoral_stretch_l,
        arg_max(exam.femoral_stretch_r, exam.exam_day) as femoral_stretch_r,
        arg_max(exam.umn_signs, exam.exam_day) as umn_signs,
        arg_max(exam.hip_ir_deg_l, exam.exam_day) as hip_ir_deg_l,
        arg_max(exam.hip_ir_deg_r, exam.exam_day) as hip_ir_deg_r,
        arg_max(exam.hip_provocation_pain, exam.exam_day) as hip_provocation_pain,
        arg_max(exam.segmental_hypomobility_l1, exam.exam_day) as segmental_hypomobility_l1,
        arg_max(exam.segmental_hypomobility_l2, exam.exam_day) as segmental_hypomobility_l2,
        arg_max(exam.segmental_hypomobility_l3, exam.exam_day) as segmental_hypomobility_l3,
        arg_max(exam.segmental_hypomobility_l4, exam.exam_day) as segmental_hypomobility_l4,
        arg_max(exam.segmental_hypomobility_l5, exam.exam_day) as segmental_hypomobility_l5,
        arg_max(exam.centralisation, exam.exam_day) as centralisation,
        arg_max(exam.directional_preference, exam.exam_day) as directional_preference,
        arg_max(exam.pedal_pulses, exam.exam_day) as pedal_pulses,
        arg_max(exam.abpi_min, exam.exam_day) as abpi_min,
        arg_max(exam.monofilament_vibration, exam.exam_day) as monofilament_vibration,
        arg_max(exam.gait, exam.exam_day) as gait,
        arg_max(exam.clinical_dx, exam.exam_day) as clinical_dx,
        arg_max(exam.prone_instability, exam.exam_day) as prone_instability,
        arg_max(exam.aberrant_movement, exam.exam_day) as aberrant_movement
    from clean.exam as exam
    where exam.exam_day <= 0
    group by exam.episode_key
),

signs as (
    select
        latest.*,
        latest.myotome_l2_l <= 3
        or latest.myotome_l2_r <= 3
        or latest.myotome_l3_l <= 3
        or latest.myotome_l3_r <= 3
        or latest.myotome_l4_l <= 3
        or latest.myotome_l4_r <= 3
        or latest.myotome_l5_l <= 3
        or latest.myotome_l5_r <= 3
        or latest.myotome_s1_l <= 3
        or latest.myotome_s1_r <= 3 as has_myotome_of_3_or_less,
        latest.myotome_l2_l < 5
        or latest.myotome_l3_l < 5
        or latest.myotome_l4_l < 5
        or latest.myotome_l5_l < 5
        or latest.myotome_s1_l < 5 as has_weak_myotome_left,
        latest.myotome_l2_r < 5
        or latest.myotome_l3_r < 5
        or latest.myotome_l4_r < 5
        or latest.myotome_l5_r < 5
        or latest.myotome_s1_r < 5 as has_weak_myotome_right,
        (
            latest.reflex_patellar_l <> latest.reflex_patellar_r
            and (latest.reflex_patellar_l < 2 or latest.reflex_patellar_r < 2)
        )
        or (
            latest.reflex_achilles_l <> latest.reflex_achilles_r
            and (latest.reflex_achilles_l < 2 or latest.reflex_achilles_r < 2)
        ) as has_reflex_asymmetry,
        latest.sensation_l3_l in ('reduced', 'absent')
        or latest.sensation_l3_r in ('reduced', 'absent')
        or latest.sensation_l4_l in ('reduced', 'absent')
        or latest.sensation_l4_r in ('reduced', 'absent')
        or latest.sensation_l5_l in ('reduced', 'absent')
        or latest.sensation_l5_r in ('reduced', 'absent')
        or latest.sensation_s1_l in ('reduced', 'absent')
        or latest.sensation_s1_r in ('reduced', 'absent') as has_reduced_sensation,
        latest.segmental_hypomobility_l1 = 'hypo'
        or latest.segmental_hypomobility_l2 = 'hypo'
        or latest.segmental_hypomobility_l3 = 'hypo'
        or latest.segmental_hypomobility_l4 = 'hypo'
        or latest.segmental_hypomobility_l5 = 'hypo' as has_hypomobile_segment,
        latest.segmental_hypomobility_l1 = 'hyper'
        or latest.segmental_hypomobility_l2 = 'hyper'
        or latest.segmental_hypomobility_l3 = 'hyper'
        or latest.segmental_hypomobility_l4 = 'hyper'
        or latest.segmental_hypomobility_l5 = 'hyper' as has_hypermobile_segment,
        list_sort(
            list_distinct([
                case when latest.myotome_l2_l < 5 then 'L2 left' end,
                case when latest.myotome_l2_r < 5 then 'L2 right' end,
                case
                    when
                        latest.myotome_l3_l < 5
                        or latest.sensation_l3_l in ('reduced', 'absent')
                        then 'L3 left'
                end,
                case
                    when
                        latest.myotome_l3_r < 5
                        or latest.sensation_l3_r in ('reduced', 'absent')
                        then 'L3 right'
                end,
                case
                    when
                        latest.myotome_l4_l < 5
                        or latest.sensation_l4_l in ('reduced', 'absent')
                        or latest.reflex_patellar_l < least(2, latest.reflex_patellar_r)
                        then 'L4 left'
                end,
                case
                    when
                        latest.myotome_l4_r < 5
                        or latest.sensation_l4_r in ('reduced', 'absent')
                        or latest.reflex_patellar_r < least(2, latest.reflex_patellar_l)
                        then 'L4 right'
                end,
                case
                    when
                        latest.myotome_l5_l < 5
                        or latest.sensation_l5_l in ('reduced', 'absent')
                        then 'L5 left'
                end,
                case
                    when
                        latest.myotome_l5_r < 5
                        or latest.sensation_l5_r in ('reduced', 'absent')
                        then 'L5 right'
                end,
                case
                    when
                        latest.myotome_s1_l < 5
                        or latest.sensation_s1_l in ('reduced', 'absent')
                        or latest.reflex_achilles_l < least(2, latest.reflex_achilles_r)
                        then 'S1 left'
                end,
                case
                    when
                        latest.myotome_s1_r < 5
                        or latest.sensation_s1_r in ('reduced', 'absent')
                        or latest.reflex_achilles_r < least(2, latest.reflex_achilles_l)
                        then 'S1 right'
                end
            ])
        ) as roots_with_signs
    from latest
)

select
    signs.episode_key,
    signs.exam_day,
    signs.lumbar_exam_done as is_lumbar_exam_done,
    least(
        signs.myotome_l2_l,
        signs.myotome_l2_r,
        signs.myotome_l3_l,
        signs.myotome_l3_r,
        signs.myotome_l4_l,
        signs.myotome_l4_r,
        signs.myotome_l5_l,
        signs.myotome_l5_r,
        signs.myotome_s1_l,
        signs.myotome_s1_r
    ) as lowest_myotome,
    signs.has_myotome_of_3_or_less,
    signs.has_weak_myotome_left,
    signs.has_weak_myotome_right,
    signs.has_weak_myotome_left or signs.has_weak_myotome_right as has_weak_myotome,
    signs.has_reflex_asymmetry,
    signs.has_reduced_sensation,
    signs.has_weak_myotome_left
    or signs.has_weak_myotome_right
    or signs.has_reflex_asymmetry
    or signs.has_reduced_sensation as has_neuro_deficit,
    signs.roots_with_signs,
    signs.slr_positive_l or signs.slr_positive_r as is_slr_positive,
    signs.crossed_slr as is_crossed_slr_positive,
    signs.slump_l or signs.slump_r as is_slump_positive,
    signs.femoral_stretch_l or signs.femoral_stretch_r as is_femoral_stretch_positive,
    signs.umn_signs as has_umn_signs,
    signs.has_hypomobile_segment,
    signs.has_hypermobile_segment,
    signs.hip_ir_deg_l > 35 or signs.hip_ir_deg_r > 35 as has_hip_rotation_above_35_deg,
    signs.hip_ir_deg_l < 15 or signs.hip_ir_deg_r < 15 as has_hip_rotation_below_15_deg,
    signs.hip_provocation_pain as has_hip_provocation_pain,
    signs.prone_instability as is_prone_instability_positive,
    signs.aberrant_movement as has_aberrant_movement,
    signs.centralisation,
    signs.directional_preference,
    signs.pedal_pulses,
    signs.abpi_min,
    signs.monofilament_vibration,
    signs.gait,
    signs.clinical_dx
from signs
