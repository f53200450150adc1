-- A row of exam in force, not refused, whose episode_key is not among its clinic's rows of intake: it is left out of clean.exam.
-- table: raw.exam
-- severity: warn
-- allowed: 1 %
select
    raw_row.delivery_key,
    raw_row.row_number
from raw.exam as raw_row
inner join clean.delivery as delivery on raw_row.delivery_key = delivery.delivery_key
anti join raw.quarantine as refused
    on
        raw_row.delivery_key = refused.delivery_key
        and raw_row.row_number = refused.row_number
        and refused.feed = 'exam'
        and refused.scope = 'row'
anti join clean.intake as parent
    on delivery.clinic_code = parent.clinic_code and said(raw_row.episode_key) = parent.episode_key
