-- A complaint of the leg only whose leg pain score is called not applicable.
-- scope: patient
-- table: clean.intake
-- checked: chief_complaint = 'leg_only'
-- field: nprs_leg_avg
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Ask for the leg pain score when the complaint is of the leg
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.chief_complaint = 'leg_only'
    and intake.nprs_leg_avg_reason = 'n'
