-- An attended contact later than the day on which the episode was closed.
-- scope: patient
-- table: clean.session
-- checked: attendance = 'attended'
-- field: discharge_status, session_day
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Send the discharge with the last contact; begin a new episode after 90 days without contact
with closed as (
    select
        session.clinic_code,
        session.episode_key,
        min(session.session_day) as closed_day
    from clean.session as session
    where session.discharge_status <> 'ongoing'
    group by
        session.clinic_code,
        session.episode_key
)

select
    session.clinic_code,
    session.session_key
from clean.session as session
inner join closed on session.clinic_code = closed.clinic_code and session.episode_key = closed.episode_key
where
    session.attendance = 'attended'
    and session.session_day > closed.closed_day
