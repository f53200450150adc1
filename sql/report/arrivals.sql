-- What arrived: one row a clinic ('network': all) and feed, with its rows in force and what of its deliveries was refused.
-- scope: global
-- key: clinic_code, feed
-- count: n_rows_in_force, n_rows_quarantined, n_values_set_aside
-- sum: clinic_code to network
with feeds as (
    select unnest([
        'intake', 'exam', 'lab', 'imaging', 'imaging_level', 'session', 'session_component', 'adverse_event', 'outcome'
    ]) as feed
),

clinics as (
    select
        delivery.clinic_code,
        arg_max(delivery.delivery_id, delivery.sequence_no) as latest_delivery_id
    from clean.delivery as delivery
    group by delivery.clinic_code
    union all
    select
        'network' as clinic_code,
        null as latest_delivery_id
),

feed_rows as (
    select
        intake.clinic_code,
        'intake' as feed,
        count(*) as n_rows
    from clean.intake as intake
    group by intake.clinic_code
    union all
    select
        exam.clinic_code,
        'exam' as feed,
        count(*) as n_rows
    from clean.exam as exam
    group by exam.clinic_code
    union all
    select
        lab.clinic_code,
        'lab' as feed,
        count(*) as n_rows
    from clean.lab as lab
    group by lab.clinic_code
    union all
    select
        imaging.clinic_code,
        'imaging' as feed,
        count(*) as n_rows
    from clean.imaging as imaging
    group by imaging.clinic_code
    union all
    select
        imaging_level.clinic_code,
        'imaging_level' as feed,
        count(*) as n_rows
    from clean.imaging_level as imaging_level
    group by imaging_level.clinic_code
    union all
    select
        session.clinic_code,
        'session' as feed,
        count(*) as n_rows
    from clean.session as session
    group by session.clinic_code
    union all
    select
        session_component.clinic_code,
        'session_component' as feed,
        count(*) as n_rows
    from clean.session_component as session_component
    group by session_component.clinic_code
    union all
    select
        adverse_event.clinic_code,
        'adverse_event' as feed,
        count(*) as n_rows
    from clean.adverse_event as adverse_event
    group by adverse_event.clinic_code
    union all
    select
        outcome.clinic_code,
        'outcome' as feed,
        count(*) as n_rows
    from clean.outcome as outcome
    group by outcome.clinic_code
),

rows_in_force as (
    select
        coalesce(feed_rows.clinic_code, 'network') as clinic_code,
        feed_rows.feed,
        sum(feed_rows.n_rows) as n_rows
    from feed_rows
    group by grouping sets ((feed_rows.clinic_code, feed_rows.feed), (feed_rows.feed))
),

refused as (
    select
        coalesce(quarantine.clinic_code, 'network') as clinic_code,
        quarantine.feed,
        count(distinct row(quarantine.delivery_key, quarantine.row_number))
        filter (where quarantine.scope = 'row') as n_rows_quarantined,
        count(*) filter (where quarantine.scope = 'value') as n_values_set_aside
    from clean.quarantine as quarantine
    where quarantine.state = 'open'
    group by grouping sets ((quarantine.clinic_code, quarantine.feed), (quarantine.feed))
)

select
    clinics.clinic_code,
    feeds.feed,
    clinics.latest_delivery_id,
    cast(coalesce(rows_in_force.n_rows, 0) as bigint) as n_rows_in_force,
    cast(coalesce(refused.n_rows_quarantined, 0) as bigint) as n_rows_quarantined,
    cast(coalesce(refused.n_values_set_aside, 0) as bigint) as n_values_set_aside
from clinics
cross join feeds
left join rows_in_force on clinics.clinic_code = rows_in_force.clinic_code and feeds.feed = rows_in_force.feed
left join refused on clinics.clinic_code = refused.clinic_code and feeds.feed = refused.feed
