-- The typed current view of the exam feed: one row for each episode_key, exam_day, the latest delivery in force wins.
-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: patient
-- key: episode_key, exam_day
with delivered as (
    select
        raw_row.*,
        delivery.clinic_code as sender,
        delivery.sequence_no
    from raw.exam as raw_row
    inner join clean.delivery as delivery on raw_row.delivery_key = delivery.delivery_key
    anti join raw.quarantine as refused
        on
            raw_row.delivery_key = refused.delivery_key
            and raw_row.row_number = refused.row_number
            and refused.feed = 'exam'
            and refused.scope = 'row'
),

latest as (
    select
        delivered.delivery_key,
        delivered.row_number
    from delivered
    qualify
        row_number() over (
            partition by key_text(delivered.episode_key, '[A-Za-z0-9_-]{16,64}'), whole_number(delivered.exam_day, -14, 365)
            order by delivered.sequence_no desc, delivered.row_number desc
        ) = 1
)

select
    delivered.sender as clinic_code,
    key_text(delivered.episode_key, '[A-Za-z0-9_-]{16,64}') as episode_key,
    whole_number(delivered.exam_day, -14, 365) as exam_day,
    yes_or_no(delivered.lumbar_exam_done) as lumbar_exam_done,
    missing_reason(delivered.lumbar_exam_done, yes_or_no(delivered.lumbar_exam_done) is not null) as lumbar_exam_done_reason,
    whole_number(delivered.myotome_l2_l, 0, 5) as myotome_l2_l,
    missing_reason(delivered.myotome_l2_l, whole_number(delivered.myotome_l2_l, 0, 5) is not null) as myotome_l2_l_reason,
    whole_number(delivered.myotome_l2_r, 0, 5) as myotome_l2_r,
    missing_reason(delivered.myotome_l2_r, whole_number(delivered.myotome_l2_r, 0, 5) is not null) as myotome_l2_r_reason,
    whole_number(delivered.myotome_l3_l, 0, 5) as myotome_l3_l,
    missing_reason(delivered.myotome_l3_l, whole_number(delivered.myotome_l3_l, 0, 5) is not null) as myotome_l3_l_reason,
    whole_number(delivered.myotome_l3_r, 0, 5) as myotome_l3_r,
    missing_reason(delivered.myotome_l3_r, whole_number(delivered.myotome_l3_r, 0, 5) is not null) as myotome_l3_r_reason,
    whole_number(delivered.myotome_l4_l, 0, 5) as myotome_l4_l,
    missing_reason(delivered.myotome_l4_l, whole_number(delivered.myotome_l4_l, 0, 5) is not null) as myotome_l4_l_reason,
    whole_number(delivered.myotome_l4_r, 0, 5) as myotome_l4_r,
    missing_reason(delivered.myotome_l4_r, whole_number(delivered.myotome_l4_r, 0, 5) is not null) as myotome_l4_r_reason,
    whole_number(delivered.myotome_l5_l, 0, 5) as myotome_l5_l,
    missing_reason(delivered.myotome_l5_l, whole_number(delivered.myotome_l5_l, 0, 5) is not null) as myotome_l5_l_reason,
    whole_number(delivered.myotome_l5_r, 0, 5) as myotome_l5_r,
    missing_reason(delivered.myotome_l5_r, whole_number(delivered.myotome_l5_r, 0, 5) is not null) as myotome_l5_r_reason,
    whole_number(delivered.myotome_s1_l, 0, 5) as myotome_s1_l,
    missing_reason(delivered.myotome_s1_l, whole_number(delivered.myotome_s1_l, 0, 5) is not null) as myotome_s1_l_reason,
    whole_number(delivered.myotome_s1_r, 0, 5) as myotome_s1_r,
    missing_reason(delivered.myotome_s1_r, whole_number(delivered.myotome_s1_r, 0, 5) is not null) as myotome_s1_r_reason,
    whole_number(delivered.reflex_patellar_l, 0, 4) as reflex_patellar_l,
    missing_reason(delivered.reflex_patellar_l, whole_number(delivered.reflex_patellar_l, 0, 4) is not null) as reflex_patellar_l_reason,
    whole_number(delivered.reflex_patellar_r, 0, 4) as reflex_patellar_r,
    missing_reason(delivered.reflex_patellar_r, whole_number(delivered.reflex_patellar_r, 0, 4) is not null) as reflex_patellar_r_reason,
    whole_number(delivered.reflex_achilles_l, 0, 4) as reflex_achilles_l,
    missing_reason(delivered.reflex_achilles_l, whole_number(delivered.reflex_achilles_l, 0, 4) is not null) as reflex_achilles_l_reason,
    whole_number(delivered.reflex_achilles_r, 0, 4) as reflex_achilles_r,
    missing_reason(delivered.reflex_achilles_r, whole_number(delivered.reflex_achilles_r, 0, 4) is not null) as reflex_achilles_r_reason,
    code_text(delivered.sensation_l3_l, ['normal', 'reduced', 'absent', 'increased']) as sensation_l3_l,
    missing_reason(delivered.sensation_l3_l, code_text(delivered.sensation_l3_l, ['normal', 'reduced', 'absent', 'increased']) is not null) as sensation_l3_l_reason,
    code_text(delivered.sensation_l3_r, ['normal', 'reduced', 'absent', 'increased']) as sensation_l3_r,
    missing_reason(delivered.sensation_l3_r, code_text(delivered.sensation_l3_r, ['normal', 'reduced', 'absent', 'increased']) is not null) as sensation_l3_r_reason,
    code_text(delivered.sensation_l4_l, ['normal', 'reduced', 'absent', 'increased']) as sensation_l4_l,
    missing_reason(delivered.sensation_l4_l, code_text(delivered.sensation_l4_l, ['normal', 'reduced', 'absent', 'increased']) is not null) as sensation_l4_l_reason,
    code_text(delivered.sensation_l4_r, ['normal', 'reduced', 'absent', 'increased']) as sensation_l4_r,
    missing_reason(delivered.sensation_l4_r, code_text(delivered.sensation_l4_r, ['normal', 'reduced', 'absent', 'increased']) is not null) as sensation_l4_r_reason,
    code_text(delivered.sensation_l5_l, ['normal', 'reduced', 'absent', 'increased']) as sensation_l5_l,
    missing_reason(delivered.sensation_l5_l, code_text(delivered.sensation_l5_l, ['normal', 'reduced', 'absent', 'increased']) is not null) as sensation_l5_l_reason,
    code_text(delivered.sensation_l5_r, ['normal', 'reduced', 'absent', 'increased']) as sensation_l5_r,
    missing_reason(delivered.sensation_l5_r, code_text(delivered.sensation_l5_r, ['normal', 'reduced', 'absent', 'increased']) is not null) as sensation_l5_r_reason,
    code_text(delivered.sensation_s1_l, ['normal', 'reduced', 'absent', 'increased']) as sensation_s1_l,
    missing_reason(delivered.sensation_s1_l, code_text(delivered.sensation_s1_l, ['normal', 'reduced', 'absent', 'increased']) is not null) as sensation_s1_l_reason,
    code_text(delivered.sensation_s1_r, ['normal', 'reduced', 'absent', 'increased']) as sensation_s1_r,
    missing_reason(delivered.sensation_s1_r, code_text(delivered.sensation_s1_r, ['normal', 'reduced', 'absent', 'increased']) is not null) as sensation_s1_r_reason,
    whole_number(delivered.slr_deg_l, 0, 120) as slr_deg_l,
    missing_reason(delivered.slr_deg_l, whole_number(delivered.slr_deg_l, 0, 120) is not null) as slr_deg_l_reason,
    whole_number(delivered.slr_deg_r, 0, 120) as slr_deg_r,
    missing_reason(delivered.slr_deg_r, whole_number(delivered.slr_deg_r, 0, 120) is not null) as slr_deg_r_reason,
    yes_or_no(delivered.slr_positive_l) as slr_positive_l,
    missing_reason(delivered.slr_positive_l, yes_or_no(delivered.slr_positive_l) is not null) as slr_positive_l_reason,
    yes_or_no(delivered.slr_positive_r) as slr_positive_r,
    missing_reason(delivered.slr_positive_r, yes_or_no(delivered.slr_positive_r) is not null) as slr_positive_r_reason,
    yes_or_no(delivered.crossed_slr) as crossed_slr,
    missing_reason(delivered.crossed_slr, yes_or_no(delivered.crossed_slr) is not null) as crossed_slr_reason,
    yes_or_no(delivered.slump_l) as slump_l,
    missing_reason(delivered.slump_l, yes_or_no(delivered.slump_l) is not null) as slump_l_reason,
    yes_or_no(delivered.slump_r) as slump_r,
    missing_reason(delivered.slump_r, yes_or_no(delivered.slump_r) is not null) as slump_r_reason,
    yes_or_no(delivered.femoral_stretch_l) as femoral_stretch_l,
    missing_reason(delivered.femoral_stretch_l, yes_or_no(delivered.femoral_stretch_l) is not null) as femoral_stretch_l_reason,
    yes_or_no(delivered.femoral_stretch_r) as femoral_stretch_r,
    missing_reason(delivered.femoral_stretch_r, yes_or_no(delivered.femoral_stretch_r) is not null) as femoral_stretch_r_reason,
    yes_or_no(delivered.umn_signs) as umn_signs,
    missing_reason(delivered.umn_signs, yes_or_no(delivered.umn_signs) is not null) as umn_signs_reason,
    decimal_number(delivered.rom_flexion, 0, 120) as rom_flexion,
    missing_reason(delivered.rom_flexion, decimal_number(delivered.rom_flexion, 0, 120) is not null) as rom_flexion_reason,
    decimal_number(delivered.rom_extension, 0, 60) as rom_extension,
    missing_reason(delivered.rom_extension, decimal_number(delivered.rom_extension, 0, 60) is not null) as rom_extension_reason,
    code_text(delivered.rom_method, ['inclinometer', 'goniometer', 'schober_mod', 'fingertip_floor', 'visual']) as rom_method,
    missing_reason(delivered.rom_method, code_text(delivered.rom_method, ['inclinometer', 'goniometer', 'schober_mod', 'fingertip_floor', 'visual']) is not null) as rom_method_reason,
    whole_number(delivered.hip_ir_deg_l, 0, 70) as hip_ir_deg_l,
    missing_reason(delivered.hip_ir_deg_l, whole_number(delivered.hip_ir_deg_l, 0, 70) is not null) as hip_ir_deg_l_reason,
    whole_number(delivered.hip_ir_deg_r, 0, 70) as hip_ir_deg_r,
    missing_reason(delivered.hip_ir_deg_r, whole_number(delivered.hip_ir_deg_r, 0, 70) is not null) as hip_ir_deg_r_reason,
    yes_or_no(delivered.hip_provocation_pain) as hip_provocation_pain,
    missing_reason(delivered.hip_provocation_pain, yes_or_no(delivered.hip_provocation_pain) is not null) as hip_provocation_pain_reason,
    code_text(delivered.segmental_hypomobility_l1, ['hypo', 'normal', 'hyper']) as segmental_hypomobility_l1,
    missing_reason(delivered.segmental_hypomobility_l1, code_text(delivered.segmental_hypomobility_l1, ['hypo', 'normal', 'hyper']) is not null) as segmental_hypomobility_l1_reason,
    code_text(delivered.segmental_hypomobility_l2, ['hypo', 'normal', 'hyper']) as segmental_hypomobility_l2,
    missing_reason(delivered.segmental_hypomobility_l2, code_text(delivered.segmental_hypomobility_l2, ['hypo', 'normal', 'hyper']) is not null) as segmental_hypomobility_l2_reason,
    code_text(delivered.segmental_hypomobility_l3, ['hypo', 'normal', 'hyper']) as segmental_hypomobility_l3,
    missing_reason(delivered.segmental_hypomobility_l3, code_text(delivered.segmental_hypomobility_l3, ['hypo', 'normal', 'hyper']) is not null) as segmental_hypomobility_l3_reason,
    code_text(delivered.segmental_hypomobility_l4, ['hypo', 'normal', 'hyper']) as segmental_hypomobility_l4,
    missing_reason(delivered.segmental_hypomobility_l4, code_text(delivered.segmental_hypomobility_l4, ['hypo', 'normal', 'hyper']) is not null) as segmental_hypomobility_l4_reason,
    code_text(delivered.segmental_hypomobility_l5, ['hypo', 'normal', 'hyper']) as segmental_hypomobility_l5,
    missing_reason(delivered.segmental_hypomobility_l5, code_text(delivered.segmental_hypomobility_l5, ['hypo', 'normal', 'hyper']) is not null) as segmental_hypomobility_l5_reason,
    yes_or_no(delivered.prone_instability) as prone_instability,
    missing_reason(delivered.prone_instability, yes_or_no(delivered.prone_instability) is not null) as prone_instability_reason,
    yes_or_no(delivered.aberrant_movement) as aberrant_movement,
    missing_reason(delivered.aberrant_movement, yes_or_no(delivered.aberrant_movement) is not null) as aberrant_movement_reason,
    code_text(delivered.centralisation, ['centralises', 'peripheralises', 'status_quo']) as centralisation,
    missing_reason(delivered.centralisation, code_text(delivered.centralisation, ['centralises', 'peripheralises', 'status_quo']) is not null) as centralisation_reason,
    code_text(delivered.directional_preference, ['flexion', 'extension', 'lateral', 'none']) as directional_preference,
    missing_reason(delivered.directional_preference, code_text(delivered.directional_preference, ['flexion', 'extension', 'lateral', 'none']) is not null) as directional_preference_reason,
    code_text(delivered.pedal_pulses, ['present', 'reduced', 'absent']) as pedal_pulses,
    missing_reason(delivered.pedal_pulses, code_text(delivered.pedal_pulses, ['present', 'reduced', 'absent']) is not null) as pedal_pulses_reason,
    decimal_number(delivered.abpi_min, 0.2, 1.6) as abpi_min,
    missing_reason(delivered.abpi_min, decimal_number(delivered.abpi_min, 0.2, 1.6) is not null) as abpi_min_reason,
    code_text(delivered.monofilament_vibration, ['normal', 'reduced_stocking', 'reduced_other']) as monofilament_vibration,
    missing_reason(delivered.monofilament_vibration, code_text(delivered.monofilament_vibration, ['normal', 'reduced_stocking', 'reduced_other']) is not null) as monofilament_vibration_reason,
    code_text(delivered.gait, ['normal', 'antalgic', 'foot_drop', 'trendelenburg', 'other']) as gait,
    missing_reason(delivered.gait, code_text(delivered.gait, ['normal', 'antalgic', 'foot_drop', 'trendelenburg', 'other']) is not null) as gait_reason,
    code_text(delivered.clinical_dx, ['nonspecific_lbp', 'referred_leg_pain', 'radicular_pain', 'radiculopathy', 'neurogenic_claudication', 'other_msk', 'non_spinal', 'serious_pathology']) as clinical_dx,
    missing_reason(delivered.clinical_dx, code_text(delivered.clinical_dx, ['nonspecific_lbp', 'referred_leg_pain', 'radicular_pain', 'radiculopathy', 'neurogenic_claudication', 'other_msk', 'non_spinal', 'serious_pathology']) is not null) as clinical_dx_reason,
    whole_number(delivered.dx_confidence, 0, 10) as dx_confidence,
    missing_reason(delivered.dx_confidence, whole_number(delivered.dx_confidence, 0, 10) is not null) as dx_confidence_reason,
    delivered.delivery_key,
    delivered.row_number
from delivered
inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number
semi join clean.intake as parent
    on delivered.sender = parent.clinic_code and trim(delivered.episode_key) = parent.episode_key
