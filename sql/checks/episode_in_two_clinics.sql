-- An episode key that two clinics use in rows in force and not refused: nobody can tell whose record it is.
-- table: clean.intake
-- severity: error
-- allowed: 0 %
select said(raw_row.episode_key) as episode_key
from raw.intake as raw_row
inner join clean.delivery as delivery on raw_row.delivery_key = delivery.delivery_key
anti join raw.quarantine as refused
    on
        raw_row.delivery_key = refused.delivery_key
        and raw_row.row_number = refused.row_number
        and refused.feed = 'intake'
        and refused.scope = 'row'
group by said(raw_row.episode_key)
having count(distinct delivery.clinic_code) > 1
