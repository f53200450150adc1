-- Pain below the knee without a complaint of calf, ankle or foot, or the other way round.
-- scope: patient
-- table: clean.intake
-- checked: pain_below_knee is not null
-- field: pain_below_knee, complaint_region
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Record every region of the complaint; look how pain below the knee is asked
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.pain_below_knee <> list_has_any(intake.complaint_region, ['calf', 'ankle', 'foot'])
