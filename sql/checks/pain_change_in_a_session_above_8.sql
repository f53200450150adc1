-- Pain that falls or rises by more than 8 of 10 points within one session (reliability checks, A5).
-- scope: patient
-- table: clean.session
-- checked: nprs_pre is not null and nprs_post is not null
-- field: nprs_pre, nprs_post
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look whether the scores before and after a session are swapped or mistyped
select
    session.clinic_code,
    session.session_key
from clean.session as session
where abs(session.nprs_pre - session.nprs_post) > 8
