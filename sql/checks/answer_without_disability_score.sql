-- An answered follow-up form without an ODI and without an RMDQ: the primary outcome is missing.
-- scope: patient
-- table: clean.outcome
-- checked: completed_day is not null
-- field: odi_pct, rmdq24
-- category: completeness
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Use a follow-up form with the same disability questionnaire as at the start
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
where
    outcome.completed_day is not null
    and outcome.odi_pct is null
    and outcome.rmdq24 is null
