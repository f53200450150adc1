-- A complaint of the leg only whose leg pain score is called not applicable.
-- table: clean.intake
-- severity: warn
-- allowed: 1 %
select intake.episode_key
from clean.intake as intake
where
    intake.chief_complaint = 'leg_only'
    and intake.nprs_leg_avg_reason = 'n'
