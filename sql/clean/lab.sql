-- The typed current view of the lab feed: one row for each episode_key, test, day, the latest delivery in force wins.
-- A value that breaks the contract is NULL with reason x; every other missing value keeps the reason it came with.
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: patient
-- key: episode_key, test, day
with delivered as not materialized (
    select
        raw_row.delivery_key,
        raw_row.row_number,
        file.clinic_code as sender,
        file.sequence_no,
        said(raw_row.episode_key) as episode_key,
        said(raw_row.test) as test,
        said(raw_row.loinc) as loinc,
        said(raw_row.day) as day,
        said(raw_row.value) as value,
        said(raw_row.unit) as unit,
        said(raw_row.flag) as flag
    from raw.lab as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'lab'
    anti join raw.quarantine as refused
        on
            raw_row.delivery_key = refused.delivery_key
            and raw_row.row_number = refused.row_number
            and refused.feed = 'lab'
            and refused.scope = 'row'
),

latest as (
    select
        delivered.delivery_key,
        delivered.row_number
    from delivered
    qualify
        row_number() over (
            partition by delivered.sender, key_text(delivered.episode_key, '[A-Za-z0-9_-]{16,64}'), code_text(delivered.test, ['crp', 'esr', 'hba1c', 'b12', 'folate', 'fbc', 'calcium', 'alp', 'psa', 'tsh', 'vit_d', 'hla_b27', 'ck', 'urate']), whole_number(delivered.day, -365, 365)
            order by delivered.sequence_no desc, delivered.row_number desc
        ) = 1
)

select
    delivered.sender as clinic_code,
    key_text(delivered.episode_key, '[A-Za-z0-9_-]{16,64}') as episode_key,
    code_text(delivered.test, ['crp', 'esr', 'hba1c', 'b12', 'folate', 'fbc', 'calcium', 'alp', 'psa', 'tsh', 'vit_d', 'hla_b27', 'ck', 'urate']) as test,
    key_text(delivered.loinc, '[A-Za-z0-9_.:/-]{1,64}') as loinc,
    missing_reason(delivered.loinc, key_text(delivered.loinc, '[A-Za-z0-9_.:/-]{1,64}') is not null) as loinc_reason,
    whole_number(delivered.day, -365, 365) as day,
    decimal_number(delivered.value, 0, 5000) as value,
    code_text(delivered.unit, ['mg/L', 'mm/h', 'mmol/mol', '%', 'pmol/L', 'pg/mL', 'nmol/L', 'ug/L', 'mmol/L', 'U/L', 'mIU/L', '10*9/L', 'other']) as unit,
    code_text(delivered.flag, ['low', 'normal', 'high', 'critical']) as flag,
    missing_reason(delivered.flag, code_text(delivered.flag, ['low', 'normal', 'high', 'critical']) is not null) as flag_reason,
    delivered.delivery_key,
    delivered.row_number
from delivered
inner join latest on delivered.delivery_key = latest.delivery_key and delivered.row_number = latest.row_number
semi join clean.intake as parent
    on delivered.sender = parent.clinic_code and delivered.episode_key = parent.episode_key
