-- A form that has scores and a reason why it was not answered.
-- scope: patient
-- table: clean.outcome
-- checked: reason_missing is not null
-- field: reason_missing
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Take the reason back when a late answer arrives
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
where
    outcome.reason_missing is not null
    and (outcome.nprs_back_avg is not null or outcome.odi_pct is not null or outcome.rmdq24 is not null)
