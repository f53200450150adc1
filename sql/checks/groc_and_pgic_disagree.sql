-- Of two questions on the change since the start one says clearly better and the other clearly worse.
-- scope: patient
-- table: clean.outcome
-- checked: groc is not null and pgic is not null
-- field: groc, pgic
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Look at the direction of both scales: PGIC 1 is best, GROC +7 is best
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
where
    (outcome.groc >= 3 and outcome.pgic >= 5)
    or (outcome.groc <= -3 and outcome.pgic <= 3)
