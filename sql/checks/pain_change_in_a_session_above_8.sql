-- Pain that falls or rises by more than 8 of 10 points within one session (reliability checks, A5).
-- table: clean.session
-- severity: warn
-- allowed: 1 %
select session.session_key
from clean.session as session
where abs(session.nprs_pre - session.nprs_post) > 8
