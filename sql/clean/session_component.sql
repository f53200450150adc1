-- The typed current view of the session_component feed: one row for each session_key, component_no, the latest delivery in force wins.
-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: patient
-- key: session_key, component_no
with delivered as not materialized (
    select
        raw_row.delivery_key,
        raw_row.row_number,
        file.clinic_code as sender,
        file.sequence_no,
        said(raw_row.session_key) as session_key,
        said(raw_row.component_no) as component_no,
        said(raw_row.component) as component,
        said(raw_row.exercise_type) as exercise_type,
        said(raw_row.dose_sets) as dose_sets,
        said(raw_row.dose_reps) as dose_reps,
        said(raw_row.dose_min) as dose_min,
        said(raw_row.dose_freq_wk) as dose_freq_wk,
        said(raw_row.dose_intensity) as dose_intensity,
        said(raw_row.manip_type) as manip_type,
        said(raw_row.mobilisation_grade) as mobilisation_grade,
        said(raw_row.instrument) as instrument,
        said(raw_row.target_level) as target_level,
        said(raw_row.side) as side,
        said(raw_row.cavitation) as cavitation,
        said(raw_row.n_applications) as n_applications
    from raw.session_component as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'session_component'
    anti join raw.quarantine as refused
        on
            raw_row.delivery_key = refused.delivery_key
            and raw_row.row_number = refused.row_number
            and refused.feed = 'session_component'
            and refused.scope = 'row'
),

latest as (
    select
        delivered.delivery_key,
        delivered.row_number
    from delivered
    qualify
        row_number() over (
            partition by delivered.sender, key_text(delivered.session_key, '[A-Za-z0-9_.:/-]{1,64}'), whole_number(delivered.component_no, 1, 50)
            order by delivered.sequence_no desc, delivered.row_number desc
        ) = 1
)

select
    delivered.sender as clinic_code,
    key_text(delivered.session_key, '[A-Za-z0-9_.:/-]{1,64}') as session_key,
    whole_number(delivered.component_no, 1, 50) as component_no,
    code_text(delivered.component, ['advice', 'education', 'rest_relative', 'exercise', 'manipulation', 'soft_tissue', 'traction', 'electro', 'acupuncture', 'taping', 'medication_advice', 'psych_informed', 'other']) as component,
    code_text(delivered.exercise_type, ['walking_aerobic', 'motor_control', 'directional', 'strength', 'flexibility', 'neurodynamic', 'mind_body', 'graded_activity', 'mixed']) as exercise_type,
    missing_reason(delivered.exercise_type, code_text(delivered.exercise_type, ['walking_aerobic', 'motor_control', 'directional', 'strength', 'flexibility', 'neurodynamic', 'mind_body', 'graded_activity', 'mixed']) is not null) as exercise_type_reason,
    whole_number(delivered.dose_sets, 0, 10) as dose_sets,
    missing_reason(delivered.dose_sets, whole_number(delivered.dose_sets, 0, 10) is not null) as dose_sets_reason,
    whole_number(delivered.dose_reps, 0, 50) as dose_reps,
    missing_reason(delivered.dose_reps, whole_number(delivered.dose_reps, 0, 50) is not null) as dose_reps_reason,
    whole_number(delivered.dose_min, 0, 120) as dose_min,
    missing_reason(delivered.dose_min, whole_number(delivered.dose_min, 0, 120) is not null) as dose_min_reason,
    whole_number(delivered.dose_freq_wk, 0, 14) as dose_freq_wk,
    missing_reason(delivered.dose_freq_wk, whole_number(delivered.dose_freq_wk, 0, 14) is not null) as dose_freq_wk_reason,
    code_text(delivered.dose_intensity, ['low', 'moderate', 'high']) as dose_intensity,
    missing_reason(delivered.dose_intensity, code_text(delivered.dose_intensity, ['low', 'moderate', 'high']) is not null) as dose_intensity_reason,
    code_text(delivered.manip_type, ['thrust_hvla', 'nonthrust_mobilisation', 'instrument_assisted', 'drop_table', 'flexion_distraction']) as manip_type,
    missing_reason(delivered.manip_type, code_text(delivered.manip_type, ['thrust_hvla', 'nonthrust_mobilisation', 'instrument_assisted', 'drop_table', 'flexion_distraction']) is not null) as manip_type_reason,
    code_text(delivered.mobilisation_grade, ['I', 'II', 'III', 'IV', 'IV+']) as mobilisation_grade,
    missing_reason(delivered.mobilisation_grade, code_text(delivered.mobilisation_grade, ['I', 'II', 'III', 'IV', 'IV+']) is not null) as mobilisation_grade_reason,
    code_text(delivered.instrument, ['none', 'spring_adjusting', 'electromechanical', 'drop_piece', 'other']) as instrument,
    missing_reason(delivered.instrument, code_text(delivered.instrument, ['none', 'spring_adjusting', 'electromechanical', 'drop_piece', 'other']) is not null) as instrument_reason,
    code_text(delivered.target_level, ['T12-L1', 'L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1', 'SIJ', 'hip', 'pelvis', 'regional']) as target_level,
    missing_reason(delivered.target_level, code_text(delivered.target_level, ['T12-L1', 'L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1', 'SIJ', 'hip', 'pelvis', 'regional']) is not null) as target_level_reason,
    code_text(delivered.side, ['left', 'right', 'bilateral', 'central']) as side,
    missing_reason(delivered.side, code_text(delivered.side, ['left', 'right', 'bilateral', 'central']) is not null) as side_reason,
    yes_or_no(delivered.cavitation) as cavitation,
    missing_reason(delivered.cavitation, yes_or_no(delivered.cavitation) is not null) as cavitation_reason,
    whole_number(delivered.n_applications, 1, 20) as n_applications,
    missing_reason(delivered.n_applications, whole_number(delivered.n_applications, 1, 20) is not null) as n_applications_reason,
    delivered.delivery_key,
    delivered.row_number
from delivered
inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number
semi join clean.session as parent
    on delivered.sender = parent.clinic_code and delivered.session_key = parent.session_key
