-- A contact that was not attended, with a pain score before or after it.
-- table: clean.session
-- severity: warn
-- allowed: 1 %
select session.session_key
from clean.session as session
where
    session.attendance <> 'attended'
    and (session.nprs_pre is not null or session.nprs_post is not null)
