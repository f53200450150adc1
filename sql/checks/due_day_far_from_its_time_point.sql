-- A due day outside the window around its time point: the days are counted from another day 0, or in another unit.
-- scope: patient
-- table: clean.outcome
-- field: due_day, timepoint_wk
-- category: plausibility temporal
-- severity: warn
-- owner: clinic
-- allowed: 2 %
-- remedy: Work the due day out from day 0 of the episode: 7 days a week
select
    outcome.clinic_code,
    outcome.episode_key,
    outcome.timepoint_wk
from clean.outcome as outcome
where
    abs(outcome.due_day - 7 * cast(outcome.timepoint_wk as integer)) > case outcome.timepoint_wk
        when '0' then 3
        when '2' then 7
        when '4' then 7
        when '6' then 10
        when '12' then 14
        when '26' then 28
        when '52' then 42
    end
