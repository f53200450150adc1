-- The typed current view of the adverse_event feed: one row for each session_key, event_no, the latest delivery in force wins.
-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: patient
-- key: session_key, event_no
with delivered as not materialized (
    select
        raw_row.delivery_key,
        raw_row.row_number,
        file.clinic_code as sender,
        file.sequence_no,
        said(raw_row.session_key) as session_key,
        said(raw_row.event_no) as event_no,
        said(raw_row.ae_type) as ae_type,
        said(raw_row.ae_severity) as ae_severity,
        said(raw_row.ae_serious) as ae_serious,
        said(raw_row.ae_onset_h) as ae_onset_h,
        said(raw_row.ae_duration_h) as ae_duration_h,
        said(raw_row.ae_related) as ae_related
    from raw.adverse_event as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'adverse_event'
    anti join raw.quarantine as refused
        on
            raw_row.delivery_key = refused.delivery_key
            and raw_row.row_number = refused.row_number
            and refused.feed = 'adverse_event'
            and refused.scope = 'row'
),

latest as (
    select
        delivered.delivery_key,
        delivered.row_number
    from delivered
    qualify
        row_number() over (
            partition by delivered.sender, key_text(delivered.session_key, '[A-Za-z0-9_.:/-]{1,64}'), whole_number(delivered.event_no, 1, 50)
            order by delivered.sequence_no desc, delivered.row_number desc
        ) = 1
)

select
    delivered.sender as clinic_code,
    key_text(delivered.session_key, '[A-Za-z0-9_.:/-]{1,64}') as session_key,
    whole_number(delivered.event_no, 1, 50) as event_no,
    code_text(delivered.ae_type, ['local_soreness', 'leg_pain_increase', 'new_numbness', 'new_weakness', 'headache', 'dizziness', 'fatigue', 'stiffness', 'fracture', 'cauda_equina', 'other']) as ae_type,
    missing_reason(delivered.ae_type, code_text(delivered.ae_type, ['local_soreness', 'leg_pain_increase', 'new_numbness', 'new_weakness', 'headache', 'dizziness', 'fatigue', 'stiffness', 'fracture', 'cauda_equina', 'other']) is not null) as ae_type_reason,
    code_text(delivered.ae_severity, ['mild', 'moderate', 'severe']) as ae_severity,
    missing_reason(delivered.ae_severity, code_text(delivered.ae_severity, ['mild', 'moderate', 'severe']) is not null) as ae_severity_reason,
    yes_or_no(delivered.ae_serious) as ae_serious,
    missing_reason(delivered.ae_serious, yes_or_no(delivered.ae_serious) is not null) as ae_serious_reason,
    decimal_number(delivered.ae_onset_h, 0, 720) as ae_onset_h,
    missing_reason(delivered.ae_onset_h, decimal_number(delivered.ae_onset_h, 0, 720) is not null) as ae_onset_h_reason,
    decimal_number(delivered.ae_duration_h, 0, 720) as ae_duration_h,
    missing_reason(delivered.ae_duration_h, decimal_number(delivered.ae_duration_h, 0, 720) is not null) as ae_duration_h_reason,
    code_text(delivered.ae_related, ['unrelated', 'possible', 'probable', 'definite']) as ae_related,
    missing_reason(delivered.ae_related, code_text(delivered.ae_related, ['unrelated', 'possible', 'probable', 'definite']) is not null) as ae_related_reason,
    delivered.delivery_key,
    delivered.row_number
from delivered
inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number
semi join clean.session as parent
    on delivered.sender = parent.clinic_code and delivered.session_key = parent.session_key
