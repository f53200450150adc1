-- A second attended contact of an episode on one day with the same practitioner: the same visit, sent under two keys.
-- scope: patient
-- table: clean.session
-- checked: attendance = 'attended' and practitioner_key is not null
-- field: session_key
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look whether one visit is exported under two keys
select
    session.clinic_code,
    session.session_key
from clean.session as session
where session.attendance = 'attended' and session.practitioner_key is not null
qualify
    row_number() over (
        partition by session.episode_key, session.session_day, session.practitioner_key
        order by session.session_key
    ) > 1
