-- An episode with neither an ODI nor an RMDQ at the start: it falls out of every analysis of disability.
-- scope: patient
-- table: clean.intake
-- field: odi_pct, rmdq24
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Hand out the ODI or the RMDQ at the first visit
select
    intake.clinic_code,
    intake.episode_key
from clean.intake as intake
where
    intake.odi_pct is null
    and intake.rmdq24 is null
