-- The files in force: for each clinic and feed that of the latest snapshot and those of every later delta, one row a file.
-- A snapshot that lacks a feed withdraws its rows; one whose file of the feed is blocked says nothing about them, so that what
-- came before stays.
-- scope: global
-- key: delivery_key, feed
with feeds as (
    select unnest([
        'intake', 'exam', 'lab', 'imaging', 'imaging_level', 'session', 'session_component', 'adverse_event', 'outcome'
    ]) as feed
),

latest_snapshot as (
    select
        numbered.clinic_code,
        feeds.feed,
        max(numbered.sequence_no) as sequence_no
    from clean.delivery_order as numbered
    cross join feeds
    anti join raw.file as blocked
        on numbered.delivery_key = blocked.delivery_key and feeds.feed = blocked.feed and blocked.state = 'blocked'
    where numbered.mode = 'snapshot'
    group by
        numbered.clinic_code,
        feeds.feed
)

select
    numbered.clinic_code,
    numbered.delivery_key,
    file.feed,
    file.n_rows,
    numbered.sequence_no
from clean.delivery_order as numbered
inner join raw.file as file on numbered.delivery_key = file.delivery_key
left join latest_snapshot on numbered.clinic_code = latest_snapshot.clinic_code and file.feed = latest_snapshot.feed
where file.state = 'loaded' and numbered.sequence_no >= coalesce(latest_snapshot.sequence_no, 0)
