-- What was set aside of the deliveries that could be read: one row a broken rule, never a value, and what became of it.
-- state: open (it still counts), healed (the record came again without this fault), replaced (the record came again and
-- a newer line speaks of it, or it is no longer delivered), held (its whole delivery is).
-- Generated from the contract (python -m pipelines.casting); edit the contract, not this file.
-- scope: global
-- key: delivery_key, feed, row_number, field, rule
-- expect: scope in row, value
-- expect: state in open, healed, replaced, held
with received as (
    select
        receipt.delivery_key,
        receipt.clinic_code,
        min(receipt.delivery_id) as delivery_id
    from raw.receipt as receipt
    where receipt.received_at <= coalesce(cast(getvariable('as_of') as timestamp), timestamp 'infinity')
    group by
        receipt.delivery_key,
        receipt.clinic_code
),

broken as (
    select
        quarantine.delivery_key,
        quarantine.feed,
        quarantine.row_number,
        quarantine.field,
        quarantine.scope,
        quarantine.rule,
        quarantine.remedy
    from raw.quarantine as quarantine
    where quarantine.scope in ('row', 'value')
    union all
    select
        raw_row.delivery_key,
        'intake' as feed,
        raw_row.row_number,
        'episode_key' as field,
        'row' as scope,
        'a key is used by one clinic only' as rule,
        'Make keys with a secret of the clinic''s own, and send the rows again' as remedy
    from raw.intake as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'intake'
    inner join clean.shared_key as shared
        on said(raw_row.episode_key) = shared.shared_key and shared.feed = 'intake'
    union all
    select
        raw_row.delivery_key,
        'imaging' as feed,
        raw_row.row_number,
        'imaging_key' as field,
        'row' as scope,
        'a key is used by one clinic only' as rule,
        'Make keys with a secret of the clinic''s own, and send the rows again' as remedy
    from raw.imaging as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'imaging'
    inner join clean.shared_key as shared
        on said(raw_row.imaging_key) = shared.shared_key and shared.feed = 'imaging'
    union all
    select
        raw_row.delivery_key,
        'session' as feed,
        raw_row.row_number,
        'session_key' as field,
        'row' as scope,
        'a key is used by one clinic only' as rule,
        'Make keys with a secret of the clinic''s own, and send the rows again' as remedy
    from raw.session as raw_row
    inner join clean.file as file on raw_row.delivery_key = file.delivery_key and file.feed = 'session'
    inner join clean.shared_key as shared
        on said(raw_row.session_key) = shared.shared_key and shared.feed = 'session'
),

placed as (
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.intake as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.intake as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.episode_key), '[A-Za-z0-9_-]{16,64}') = in_force.episode_key
    where broken.feed = 'intake'
    union all
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.exam as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.exam as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.episode_key), '[A-Za-z0-9_-]{16,64}') = in_force.episode_key
            and whole_number(said(raw_row.exam_day), -14, 365) = in_force.exam_day
    where broken.feed = 'exam'
    union all
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.lab as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.lab as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.episode_key), '[A-Za-z0-9_-]{16,64}') = in_force.episode_key
            and code_text(said(raw_row.test), ['crp', 'esr', 'hba1c', 'b12', 'folate', 'fbc', 'calcium', 'alp', 'psa', 'tsh', 'vit_d', 'hla_b27', 'ck', 'urate']) = in_force.test
            and whole_number(said(raw_row.day), -365, 365) = in_force.day
    where broken.feed = 'lab'
    union all
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.imaging as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.imaging as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.imaging_key), '[A-Za-z0-9_.:/-]{1,64}') = in_force.imaging_key
    where broken.feed = 'imaging'
    union all
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.imaging_level as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.imaging_level as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.imaging_key), '[A-Za-z0-9_.:/-]{1,64}') = in_force.imaging_key
            and whole_number(said(raw_row.reader_no), 1, 2) = in_force.reader_no
            and code_text(said(raw_row.level), ['T12-L1', 'L1-L2', 'L2-L3', 'L3-L4', 'L4-L5', 'L5-S1', 'S1-S2']) = in_force.level
            and code_text(said(raw_row.side), ['left', 'right', 'bilateral', 'central', 'na']) = in_force.side
    where broken.feed = 'imaging_level'
    union all
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.session as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.session as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.session_key), '[A-Za-z0-9_.:/-]{1,64}') = in_force.session_key
    where broken.feed = 'session'
    union all
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.session_component as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.session_component as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.session_key), '[A-Za-z0-9_.:/-]{1,64}') = in_force.session_key
            and whole_number(said(raw_row.component_no), 1, 50) = in_force.component_no
    where broken.feed = 'session_component'
    union all
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.adverse_event as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.adverse_event as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.session_key), '[A-Za-z0-9_.:/-]{1,64}') = in_force.session_key
            and whole_number(said(raw_row.event_no), 1, 50) = in_force.event_no
    where broken.feed = 'adverse_event'
    union all
    select
        broken.*,
        received.clinic_code,
        received.delivery_id,
        in_force.delivery_key as delivery_key_in_force,
        in_force.row_number as row_number_in_force
    from broken
    inner join received on broken.delivery_key = received.delivery_key
    inner join raw.outcome as raw_row
        on broken.delivery_key = raw_row.delivery_key and broken.row_number = raw_row.row_number
    left join clean.outcome as in_force
        on
            received.clinic_code = in_force.clinic_code
            and key_text(said(raw_row.episode_key), '[A-Za-z0-9_-]{16,64}') = in_force.episode_key
            and code_text(said(raw_row.timepoint_wk), ['0', '2', '4', '6', '12', '26', '52']) = in_force.timepoint_wk
    where broken.feed = 'outcome'
),

held as (
    select distinct hold.delivery_key
    from raw.hold as hold
),

faults as (
    select distinct
        broken.delivery_key,
        broken.feed,
        broken.row_number,
        broken.field
    from broken
)

select
    placed.delivery_key,
    placed.clinic_code,
    placed.delivery_id,
    placed.feed,
    placed.row_number,
    placed.field,
    placed.scope,
    placed.rule,
    placed.remedy,
    case
        when held.delivery_key is not null then 'held'
        when file.sequence_no >= coalesce(file_in_force.sequence_no, 0) then 'open'
        when placed.delivery_key_in_force is null or newer.delivery_key is not null then 'replaced'
        else 'healed'
    end as state
from placed
left join held on placed.delivery_key = held.delivery_key
left join clean.file as file on placed.delivery_key = file.delivery_key and placed.feed = file.feed
left join clean.file as file_in_force
    on placed.delivery_key_in_force = file_in_force.delivery_key and placed.feed = file_in_force.feed
left join faults as newer
    on
        placed.delivery_key_in_force = newer.delivery_key
        and placed.row_number_in_force = newer.row_number
        and placed.feed = newer.feed
        and placed.field = newer.field
