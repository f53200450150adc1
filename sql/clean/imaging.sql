-- The typed current view of the imaging feed: one row for each imaging_key, the latest delivery in force wins.
-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: patient
-- key: imaging_key
with delivered as not materialized (
    select
        raw_row.delivery_key,
        raw_row.row_number,
        file.clinic_code as sender,
        file.sequence_no,
        said(raw_row.imaging_key) as imaging_key,
        said(raw_row.episode_key) as episode_key,
        said(raw_row.modality) as modality,
        said(raw_row.region) as region,
        said(raw_row.study_day) as study_day,
        said(raw_row.requested_by) as requested_by,
        said(raw_row.indication) as indication,
        said(raw_row.red_flag_at_request) as red_flag_at_request,
        said(raw_row.field_strength_t) as field_strength_t,
        said(raw_row.posture) as posture,
        said(raw_row.reader_id) as reader_id,
        said(raw_row.reader_type) as reader_type,
        said(raw_row.second_read) as second_read,
        said(raw_row.agreement_kappa) as agreement_kappa,
        said(raw_row.report_source) as report_source,
        said(raw_row.deid_profile) as deid_profile
    from raw.imaging as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'imaging'
    anti join raw.quarantine as refused
        on
            raw_row.delivery_key = refused.delivery_key
            and raw_row.row_number = refused.row_number
            and refused.feed = 'imaging'
            and refused.scope = 'row'
    anti join clean.shared_key as shared
        on said(raw_row.imaging_key) = shared.shared_key and shared.feed = 'imaging'
),

latest as (
    select
        delivered.delivery_key,
        delivered.row_number
    from delivered
    qualify
        row_number() over (
            partition by delivered.sender, key_text(delivered.imaging_key, '[A-Za-z0-9_.:/-]{1,64}')
            order by delivered.sequence_no desc, delivered.row_number desc
        ) = 1
)

select
    delivered.sender as clinic_code,
    key_text(delivered.imaging_key, '[A-Za-z0-9_.:/-]{1,64}') as imaging_key,
    key_text(delivered.episode_key, '[A-Za-z0-9_-]{16,64}') as episode_key,
    code_text(delivered.modality, ['XR', 'MR', 'CT', 'US', 'NM', 'DXA']) as modality,
    code_text(delivered.region, ['lumbar', 'sacroiliac', 'hip', 'pelvis', 'whole_spine', 'other']) as region,
    whole_number(delivered.study_day, -1825, 1825) as study_day,
    code_text(delivered.requested_by, ['this_clinic', 'gp', 'specialist', 'patient_brought']) as requested_by,
    missing_reason(delivered.requested_by, code_text(delivered.requested_by, ['this_clinic', 'gp', 'specialist', 'patient_brought']) is not null) as requested_by_reason,
    code_text(delivered.indication, ['red_flag', 'neuro_deficit', 'pre_injection_surgery', 'persistent_6wk', 'patient_request', 'other']) as indication,
    missing_reason(delivered.indication, code_text(delivered.indication, ['red_flag', 'neuro_deficit', 'pre_injection_surgery', 'persistent_6wk', 'patient_request', 'other']) is not null) as indication_reason,
    yes_or_no(delivered.red_flag_at_request) as red_flag_at_request,
    missing_reason(delivered.red_flag_at_request, yes_or_no(delivered.red_flag_at_request) is not null) as red_flag_at_request_reason,
    decimal_number(delivered.field_strength_t, 0.2, 7) as field_strength_t,
    missing_reason(delivered.field_strength_t, decimal_number(delivered.field_strength_t, 0.2, 7) is not null) as field_strength_t_reason,
    code_text(delivered.posture, ['supine', 'weight_bearing', 'flexion_extension']) as posture,
    missing_reason(delivered.posture, code_text(delivered.posture, ['supine', 'weight_bearing', 'flexion_extension']) is not null) as posture_reason,
    key_text(delivered.reader_id, '[A-Za-z0-9_.:/-]{1,64}') as reader_id,
    missing_reason(delivered.reader_id, key_text(delivered.reader_id, '[A-Za-z0-9_.:/-]{1,64}') is not null) as reader_id_reason,
    code_text(delivered.reader_type, ['radiologist', 'msk_radiologist', 'chiropractor', 'physio', 'ai_model']) as reader_type,
    missing_reason(delivered.reader_type, code_text(delivered.reader_type, ['radiologist', 'msk_radiologist', 'chiropractor', 'physio', 'ai_model']) is not null) as reader_type_reason,
    yes_or_no(delivered.second_read) as second_read,
    missing_reason(delivered.second_read, yes_or_no(delivered.second_read) is not null) as second_read_reason,
    decimal_number(delivered.agreement_kappa, -1, 1) as agreement_kappa,
    missing_reason(delivered.agreement_kappa, decimal_number(delivered.agreement_kappa, -1, 1) is not null) as agreement_kappa_reason,
    code_text(delivered.report_source, ['structured', 'coded_from_text', 'ai_extracted']) as report_source,
    missing_reason(delivered.report_source, code_text(delivered.report_source, ['structured', 'coded_from_text', 'ai_extracted']) is not null) as report_source_reason,
    code_set(delivered.deid_profile, ['113100', '113101', '113102', '113103', '113104', '113105', '113107', '113108', '113109', '113110', '113111']) as deid_profile,
    missing_reason(delivered.deid_profile, code_set(delivered.deid_profile, ['113100', '113101', '113102', '113103', '113104', '113105', '113107', '113108', '113109', '113110', '113111']) is not null) as deid_profile_reason,
    delivered.delivery_key,
    delivered.row_number
from delivered
inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number
semi join clean.intake as parent
    on delivered.sender = parent.clinic_code and delivered.episode_key = parent.episode_key
