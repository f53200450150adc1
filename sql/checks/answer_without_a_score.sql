-- A form with a day of completion and no score at all.
-- scope: patient
-- table: clean.outcome
-- checked: completed_day is not null
-- field: completed_day
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 5 %
-- remedy: Look whether scores are lost in the export, or reminders are counted as answers
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
where
    outcome.completed_day is not null
    and outcome.nprs_back_avg is null
    and outcome.nprs_leg_avg is null
    and outcome.odi_pct is null
    and outcome.rmdq24 is null
    and outcome.psfs_mean is null
    and outcome.groc is null
    and outcome.pgic is null
    and outcome.recovered_6pt is null
