-- A second attended contact of an episode on one day with the same practitioner: the same visit, sent under two keys.
-- table: clean.session
-- severity: warn
-- allowed: 1 %
select session.session_key
from cohort.sessions as session
where session.is_attended and session.practitioner_key is not null
qualify
    row_number() over (
        partition by session.episode_key, session.session_day, session.practitioner_key
        order by session.session_key
    ) > 1
