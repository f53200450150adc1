-- A form with a score and no day of completion: it cannot be placed in time and is not used.
-- scope: patient
-- table: clean.outcome
-- checked: nprs_back_avg is not null or nprs_leg_avg is not null or odi_pct is not null or rmdq24 is not null or groc is not null
-- field: completed_day
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Send the day on which the form was filled in
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
where
    outcome.completed_day is null
    and (
        outcome.nprs_back_avg is not null
        or outcome.nprs_leg_avg is not null
        or outcome.odi_pct is not null
        or outcome.rmdq24 is not null
        or outcome.groc is not null
    )
