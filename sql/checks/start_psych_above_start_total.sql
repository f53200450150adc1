-- A STarT psychosocial subscore above the total that contains it.
-- scope: patient
-- table: clean.intake
-- checked: start_psych is not null and start_total is not null
-- field: start_psych, start_total
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 1 %
-- remedy: Look whether the two scores are swapped in the export
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where intake.start_psych > intake.start_total
