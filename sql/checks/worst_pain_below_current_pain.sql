-- Worst pain of the last 24 hours at intake below the pain before the first session on day 0.
-- scope: patient
-- table: clean.intake
-- checked: nprs_worst_24h is not null
-- field: nprs_worst_24h, nprs_pre
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Look whether the two questions are swapped, or the worst pain is asked as a weekly average
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
inner join cohort.sessions as session on intake.episode_key = session.episode_key
where session.attended_no = 1 and session.session_day = 0 and session.nprs_pre > intake.nprs_worst_24h
