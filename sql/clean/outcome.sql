-- The typed current view of the outcome feed: one row for each episode_key, timepoint_wk, the latest delivery in force wins.
-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: patient
-- key: episode_key, timepoint_wk
with delivered as not materialized (
    select
        raw_row.delivery_key,
        raw_row.row_number,
        file.clinic_code as sender,
        file.sequence_no,
        said(raw_row.episode_key) as episode_key,
        said(raw_row.timepoint_wk) as timepoint_wk,
        said(raw_row.due_day) as due_day,
        said(raw_row.completed_day) as completed_day,
        said(raw_row.mode) as mode,
        said(raw_row.nprs_back_avg) as nprs_back_avg,
        said(raw_row.nprs_leg_avg) as nprs_leg_avg,
        said(raw_row.odi_pct) as odi_pct,
        said(raw_row.rmdq24) as rmdq24,
        said(raw_row.psfs_mean) as psfs_mean,
        said(raw_row.groc) as groc,
        said(raw_row.pgic) as pgic,
        said(raw_row.recovered_6pt) as recovered_6pt,
        said(raw_row.satisfaction) as satisfaction,
        said(raw_row.work_status) as work_status,
        said(raw_row.days_off) as days_off,
        said(raw_row.analgesic_use) as analgesic_use,
        said(raw_row.new_episode) as new_episode,
        said(raw_row.surgery_or_injection) as surgery_or_injection,
        said(raw_row.reason_missing) as reason_missing
    from raw.outcome as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'outcome'
    anti join raw.quarantine as refused
        on
            raw_row.delivery_key = refused.delivery_key
            and raw_row.row_number = refused.row_number
            and refused.feed = 'outcome'
            and refused.scope = 'row'
),

latest as (
    select
        delivered.delivery_key,
        delivered.row_number
    from delivered
    qualify
        row_number() over (
            partition by delivered.sender, key_text(delivered.episode_key, '[A-Za-z0-9_-]{16,64}'), code_text(delivered.timepoint_wk, ['0', '2', '4', '6', '12', '26', '52'])
            order by delivered.sequence_no desc, delivered.row_number desc
        ) = 1
)

select
    delivered.sender as clinic_code,
    key_text(delivered.episode_key, '[A-Za-z0-9_-]{16,64}') as episode_key,
    code_text(delivered.timepoint_wk, ['0', '2', '4', '6', '12', '26', '52']) as timepoint_wk,
    whole_number(delivered.due_day, 0, 3650) as due_day,
    whole_number(delivered.completed_day, 0, 3650) as completed_day,
    missing_reason(delivered.completed_day, whole_number(delivered.completed_day, 0, 3650) is not null) as completed_day_reason,
    code_text(delivered.mode, ['in_clinic_self', 'email_sms', 'phone', 'paper', 'clinician_read']) as mode,
    missing_reason(delivered.mode, code_text(delivered.mode, ['in_clinic_self', 'email_sms', 'phone', 'paper', 'clinician_read']) is not null) as mode_reason,
    whole_number(delivered.nprs_back_avg, 0, 10) as nprs_back_avg,
    missing_reason(delivered.nprs_back_avg, whole_number(delivered.nprs_back_avg, 0, 10) is not null) as nprs_back_avg_reason,
    whole_number(delivered.nprs_leg_avg, 0, 10) as nprs_leg_avg,
    missing_reason(delivered.nprs_leg_avg, whole_number(delivered.nprs_leg_avg, 0, 10) is not null) as nprs_leg_avg_reason,
    decimal_number(delivered.odi_pct, 0, 100) as odi_pct,
    missing_reason(delivered.odi_pct, decimal_number(delivered.odi_pct, 0, 100) is not null) as odi_pct_reason,
    whole_number(delivered.rmdq24, 0, 24) as rmdq24,
    missing_reason(delivered.rmdq24, whole_number(delivered.rmdq24, 0, 24) is not null) as rmdq24_reason,
    decimal_number(delivered.psfs_mean, 0, 10) as psfs_mean,
    missing_reason(delivered.psfs_mean, decimal_number(delivered.psfs_mean, 0, 10) is not null) as psfs_mean_reason,
    whole_number(delivered.groc, -7, 7) as groc,
    missing_reason(delivered.groc, whole_number(delivered.groc, -7, 7) is not null) as groc_reason,
    whole_number(delivered.pgic, 1, 7) as pgic,
    missing_reason(delivered.pgic, whole_number(delivered.pgic, 1, 7) is not null) as pgic_reason,
    code_text(delivered.recovered_6pt, ['completely_recovered', 'much_better', 'somewhat_better', 'same', 'somewhat_worse', 'much_worse']) as recovered_6pt,
    missing_reason(delivered.recovered_6pt, code_text(delivered.recovered_6pt, ['completely_recovered', 'much_better', 'somewhat_better', 'same', 'somewhat_worse', 'much_worse']) is not null) as recovered_6pt_reason,
    whole_number(delivered.satisfaction, 0, 10) as satisfaction,
    missing_reason(delivered.satisfaction, whole_number(delivered.satisfaction, 0, 10) is not null) as satisfaction_reason,
    code_text(delivered.work_status, ['working_full', 'working_modified', 'off_sick_this', 'off_sick_other', 'unemployed', 'retired', 'student', 'home']) as work_status,
    missing_reason(delivered.work_status, code_text(delivered.work_status, ['working_full', 'working_modified', 'off_sick_this', 'off_sick_other', 'unemployed', 'retired', 'student', 'home']) is not null) as work_status_reason,
    whole_number(delivered.days_off, 0, 365) as days_off,
    missing_reason(delivered.days_off, whole_number(delivered.days_off, 0, 365) is not null) as days_off_reason,
    code_text(delivered.analgesic_use, ['none', 'otc', 'rx_nonopioid', 'opioid']) as analgesic_use,
    missing_reason(delivered.analgesic_use, code_text(delivered.analgesic_use, ['none', 'otc', 'rx_nonopioid', 'opioid']) is not null) as analgesic_use_reason,
    yes_or_no(delivered.new_episode) as new_episode,
    missing_reason(delivered.new_episode, yes_or_no(delivered.new_episode) is not null) as new_episode_reason,
    code_text(delivered.surgery_or_injection, ['none', 'injection', 'discectomy', 'decompression', 'fusion']) as surgery_or_injection,
    missing_reason(delivered.surgery_or_injection, code_text(delivered.surgery_or_injection, ['none', 'injection', 'discectomy', 'decompression', 'fusion']) is not null) as surgery_or_injection_reason,
    code_text(delivered.reason_missing, ['not_due', 'not_sent', 'no_response', 'declined', 'withdrawn', 'language', 'died', 'clinic_error']) as reason_missing,
    missing_reason(delivered.reason_missing, code_text(delivered.reason_missing, ['not_due', 'not_sent', 'no_response', 'declined', 'withdrawn', 'language', 'died', 'clinic_error']) is not null) as reason_missing_reason,
    delivered.delivery_key,
    delivered.row_number
from delivered
inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number
semi join clean.intake as parent
    on delivered.sender = parent.clinic_code and delivered.episode_key = parent.episode_key
