-- The typed current view of the session feed: one row for each session_key, the latest delivery in force wins.
-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: patient
-- key: session_key
with delivered as not materialized (
    select
        raw_row.delivery_key,
        raw_row.row_number,
        file.clinic_code as sender,
        file.sequence_no,
        said(raw_row.session_key) as session_key,
        said(raw_row.episode_key) as episode_key,
        said(raw_row.session_no) as session_no,
        said(raw_row.session_day) as session_day,
        said(raw_row.attendance) as attendance,
        said(raw_row.mode) as mode,
        said(raw_row.duration_min) as duration_min,
        said(raw_row.practitioner_key) as practitioner_key,
        said(raw_row.practitioner_profession) as practitioner_profession,
        said(raw_row.practitioner_qualification) as practitioner_qualification,
        said(raw_row.practitioner_years_band) as practitioner_years_band,
        said(raw_row.nprs_pre) as nprs_pre,
        said(raw_row.nprs_post) as nprs_post,
        said(raw_row.rom_flexion_pre) as rom_flexion_pre,
        said(raw_row.rom_flexion_post) as rom_flexion_post,
        said(raw_row.rom_extension_pre) as rom_extension_pre,
        said(raw_row.rom_extension_post) as rom_extension_post,
        said(raw_row.slr_pre) as slr_pre,
        said(raw_row.slr_post) as slr_post,
        said(raw_row.neuro_change) as neuro_change,
        said(raw_row.adherence_home_pct) as adherence_home_pct,
        said(raw_row.medication_change) as medication_change,
        said(raw_row.step_up_decision) as step_up_decision,
        said(raw_row.step_up_reason) as step_up_reason,
        said(raw_row.ae_since_last) as ae_since_last,
        said(raw_row.discharge_status) as discharge_status
    from raw.session as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'session'
    anti join raw.quarantine as refused
        on
            raw_row.delivery_key = refused.delivery_key
            and raw_row.row_number = refused.row_number
            and refused.feed = 'session'
            and refused.scope = 'row'
    anti join clean.shared_key as shared
        on said(raw_row.session_key) = shared.shared_key and shared.feed = 'session'
),

latest as (
    select
        delivered.delivery_key,
        delivered.row_number
    from delivered
    qualify
        row_number() over (
            partition by delivered.sender, key_text(delivered.session_key, '[A-Za-z0-9_.:/-]{1,64}')
            order by delivered.sequence_no desc, delivered.row_number desc
        ) = 1
)

select
    delivered.sender as clinic_code,
    key_text(delivered.session_key, '[A-Za-z0-9_.:/-]{1,64}') as session_key,
    key_text(delivered.episode_key, '[A-Za-z0-9_-]{16,64}') as episode_key,
    whole_number(delivered.session_no, 1, 200) as session_no,
    missing_reason(delivered.session_no, whole_number(delivered.session_no, 1, 200) is not null) as session_no_reason,
    whole_number(delivered.session_day, 0, 3650) as session_day,
    code_text(delivered.attendance, ['attended', 'dna', 'cancelled_late', 'cancelled', 'rescheduled']) as attendance,
    code_text(delivered.mode, ['in_person', 'telehealth', 'group']) as mode,
    missing_reason(delivered.mode, code_text(delivered.mode, ['in_person', 'telehealth', 'group']) is not null) as mode_reason,
    whole_number(delivered.duration_min, 5, 180) as duration_min,
    missing_reason(delivered.duration_min, whole_number(delivered.duration_min, 5, 180) is not null) as duration_min_reason,
    key_text(delivered.practitioner_key, '[A-Za-z0-9_.:/-]{1,64}') as practitioner_key,
    missing_reason(delivered.practitioner_key, key_text(delivered.practitioner_key, '[A-Za-z0-9_.:/-]{1,64}') is not null) as practitioner_key_reason,
    code_text(delivered.practitioner_profession, ['physiotherapist', 'manipulative_physiotherapist', 'chiropractor', 'osteopath', 'exercise_physiologist', 'assistant', 'other']) as practitioner_profession,
    missing_reason(delivered.practitioner_profession, code_text(delivered.practitioner_profession, ['physiotherapist', 'manipulative_physiotherapist', 'chiropractor', 'osteopath', 'exercise_physiologist', 'assistant', 'other']) is not null) as practitioner_profession_reason,
    code_text(delivered.practitioner_qualification, ['entry', 'postgrad_cert', 'postgrad_masters_manip', 'fellow_ifompt', 'other']) as practitioner_qualification,
    missing_reason(delivered.practitioner_qualification, code_text(delivered.practitioner_qualification, ['entry', 'postgrad_cert', 'postgrad_masters_manip', 'fellow_ifompt', 'other']) is not null) as practitioner_qualification_reason,
    code_text(delivered.practitioner_years_band, ['0-2', '3-5', '6-10', '11-20', '20+']) as practitioner_years_band,
    missing_reason(delivered.practitioner_years_band, code_text(delivered.practitioner_years_band, ['0-2', '3-5', '6-10', '11-20', '20+']) is not null) as practitioner_years_band_reason,
    whole_number(delivered.nprs_pre, 0, 10) as nprs_pre,
    missing_reason(delivered.nprs_pre, whole_number(delivered.nprs_pre, 0, 10) is not null) as nprs_pre_reason,
    whole_number(delivered.nprs_post, 0, 10) as nprs_post,
    missing_reason(delivered.nprs_post, whole_number(delivered.nprs_post, 0, 10) is not null) as nprs_post_reason,
    decimal_number(delivered.rom_flexion_pre, 0, 120) as rom_flexion_pre,
    missing_reason(delivered.rom_flexion_pre, decimal_number(delivered.rom_flexion_pre, 0, 120) is not null) as rom_flexion_pre_reason,
    decimal_number(delivered.rom_flexion_post, 0, 120) as rom_flexion_post,
    missing_reason(delivered.rom_flexion_post, decimal_number(delivered.rom_flexion_post, 0, 120) is not null) as rom_flexion_post_reason,
    decimal_number(delivered.rom_extension_pre, 0, 60) as rom_extension_pre,
    missing_reason(delivered.rom_extension_pre, decimal_number(delivered.rom_extension_pre, 0, 60) is not null) as rom_extension_pre_reason,
    decimal_number(delivered.rom_extension_post, 0, 60) as rom_extension_post,
    missing_reason(delivered.rom_extension_post, decimal_number(delivered.rom_extension_post, 0, 60) is not null) as rom_extension_post_reason,
    whole_number(delivered.slr_pre, 0, 120) as slr_pre,
    missing_reason(delivered.slr_pre, whole_number(delivered.slr_pre, 0, 120) is not null) as slr_pre_reason,
    whole_number(delivered.slr_post, 0, 120) as slr_post,
    missing_reason(delivered.slr_post, whole_number(delivered.slr_post, 0, 120) is not null) as slr_post_reason,
    code_text(delivered.neuro_change, ['improved', 'same', 'worse', 'not_retested']) as neuro_change,
    missing_reason(delivered.neuro_change, code_text(delivered.neuro_change, ['improved', 'same', 'worse', 'not_retested']) is not null) as neuro_change_reason,
    whole_number(delivered.adherence_home_pct, 0, 100) as adherence_home_pct,
    missing_reason(delivered.adherence_home_pct, whole_number(delivered.adherence_home_pct, 0, 100) is not null) as adherence_home_pct_reason,
    code_text(delivered.medication_change, ['none', 'started', 'stopped', 'increased', 'decreased']) as medication_change,
    missing_reason(delivered.medication_change, code_text(delivered.medication_change, ['none', 'started', 'stopped', 'increased', 'decreased']) is not null) as medication_change_reason,
    code_text(delivered.step_up_decision, ['none', 'add_manipulation', 'add_exercise', 'refer_imaging', 'refer_injection', 'refer_surgeon', 'refer_gp', 'step_down']) as step_up_decision,
    missing_reason(delivered.step_up_decision, code_text(delivered.step_up_decision, ['none', 'add_manipulation', 'add_exercise', 'refer_imaging', 'refer_injection', 'refer_surgeon', 'refer_gp', 'step_down']) is not null) as step_up_decision_reason,
    code_text(delivered.step_up_reason, ['no_improvement', 'worse', 'patient_request', 'protocol', 'practitioner_choice']) as step_up_reason,
    missing_reason(delivered.step_up_reason, code_text(delivered.step_up_reason, ['no_improvement', 'worse', 'patient_request', 'protocol', 'practitioner_choice']) is not null) as step_up_reason_reason,
    yes_or_no(delivered.ae_since_last) as ae_since_last,
    missing_reason(delivered.ae_since_last, yes_or_no(delivered.ae_since_last) is not null) as ae_since_last_reason,
    code_text(delivered.discharge_status, ['ongoing', 'discharged_goals_met', 'discharged_no_change', 'self_discharged', 'lost', 'referred_on', 'surgery', 'closed_admin']) as discharge_status,
    missing_reason(delivered.discharge_status, code_text(delivered.discharge_status, ['ongoing', 'discharged_goals_met', 'discharged_no_change', 'self_discharged', 'lost', 'referred_on', 'surgery', 'closed_admin']) is not null) as discharge_status_reason,
    delivered.delivery_key,
    delivered.row_number
from delivered
inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number
semi join clean.intake as parent
    on delivered.sender = parent.clinic_code and delivered.episode_key = parent.episode_key
