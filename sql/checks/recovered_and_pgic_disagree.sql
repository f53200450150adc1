-- Completely recovered and yet worse on the PGIC, or much worse and yet better.
-- table: clean.outcome
-- checked: recovered_6pt is not null and pgic is not null
-- field: recovered_6pt, pgic
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Look at the direction of both scales: PGIC 1 is best
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
where
    (outcome.recovered_6pt in ('completely_recovered', 'much_better') and outcome.pgic >= 5)
    or (outcome.recovered_6pt in ('somewhat_worse', 'much_worse') and outcome.pgic <= 3)
