-- An attended contact with a pain score after it and none before it: no change within the session can be read.
-- scope: patient
-- table: clean.session
-- checked: attendance = 'attended' and nprs_post is not null
-- field: nprs_pre
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Ask for the pain score before the session as well
select
    session.clinic_code,
    session.session_key
from clean.session as session
where
    session.attendance = 'attended'
    and session.nprs_post is not null
    and session.nprs_pre is null
