-- An attended contact with a pain score after it and none before it: no change within the session can be read.
-- table: clean.session
-- severity: warn
-- allowed: 5 %
select session.session_key
from clean.session as session
where
    session.attendance = 'attended'
    and session.nprs_post is not null
    and session.nprs_pre is null
