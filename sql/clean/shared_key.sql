-- The keys that two clinics use for records of their own: nobody can tell whose record it is, so the rows of both stay out.
-- scope: global
-- key: feed, shared_key
with used as (
    select
        'intake' as feed,
        file.clinic_code,
        said(intake.episode_key) as shared_key
    from raw.intake as intake
    inner join clean.file as file on intake.delivery_key = file.delivery_key and file.feed = 'intake'
    union all
    select
        'imaging' as feed,
        file.clinic_code,
        said(imaging.imaging_key) as shared_key
    from raw.imaging as imaging
    inner join clean.file as file on imaging.delivery_key = file.delivery_key and file.feed = 'imaging'
    union all
    select
        'session' as feed,
        file.clinic_code,
        said(session.session_key) as shared_key
    from raw.session as session
    inner join clean.file as file on session.delivery_key = file.delivery_key and file.feed = 'session'
)

select
    used.feed,
    used.shared_key
from used
where used.shared_key is not null
group by
    used.feed,
    used.shared_key
having count(distinct used.clinic_code) > 1
