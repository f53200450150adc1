-- Worst pain of the last 24 hours at intake below the pain before the first session on day 0.
-- table: clean.intake
-- severity: warn
-- allowed: 10 %
select intake.episode_key
from clean.intake as intake
inner join cohort.sessions as session on intake.episode_key = session.episode_key
where session.attended_no = 1 and session.session_day = 0 and session.nprs_pre > intake.nprs_worst_24h
