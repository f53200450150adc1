-- A form of week 0 whose pain is 3 points or more away from the one of intake.
-- scope: patient
-- table: clean.outcome
-- checked: timepoint_wk = '0' and completed_day is not null
-- field: nprs_back_avg, nprs_leg_avg
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 10 %
-- remedy: Send the answers of the first visit as week 0; a form of another episode may hang on this one
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
inner join clean.intake as intake on outcome.episode_key = intake.episode_key
where
    outcome.timepoint_wk = '0'
    and (
        abs(outcome.nprs_back_avg - intake.nprs_back_avg) >= 3
        or abs(outcome.nprs_leg_avg - intake.nprs_leg_avg) >= 3
    )
