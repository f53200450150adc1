-- A practitioner whose score after a session equals the one before in over 80 % of at least 50 sessions: it is copied.
-- table: clean.session
-- checked: nprs_pre is not null and nprs_post is not null
-- unit: practitioner_key
-- field: nprs_pre, nprs_post
-- category: plausibility temporal
-- context: validation
-- severity: note
-- owner: clinic
-- allowed: 10 %
-- remedy: Ask for the score after the session within ten minutes of its end; send nothing when it was not asked
select
    session.clinic_code,
    session.practitioner_key
from clean.session as session
where session.practitioner_key is not null and session.nprs_pre is not null and session.nprs_post is not null
group by
    session.clinic_code,
    session.practitioner_key
having count(*) >= 50 and count(*) filter (where session.nprs_pre = session.nprs_post) > 0.8 * count(*)
