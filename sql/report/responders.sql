-- Who had at least 30 % less disability at 12 weeks: one row a clinic and one for the network (clinic_code 'network').
-- n_due counts episodes whose 12-week form is due and whose first score was high enough to improve (RMDQ 4, ODI 20).
-- scope: global
-- key: clinic_code
-- count: n_due
-- part: n_answered of n_due
-- part: n_responders of n_answered
-- sum: clinic_code to network
with due as (
    select
        episodes.clinic_code,
        outcomes.is_r30d
    from cohort.outcomes as outcomes
    inner join cohort.episodes as episodes on outcomes.episode_key = episodes.episode_key
    where
        outcomes.timepoint_weeks = 12
        and outcomes.is_due
        and episodes.is_r30d_evaluable
),

counted as (
    select
        coalesce(due.clinic_code, 'network') as clinic_code,
        count(*) as n_due,
        count(due.is_r30d) as n_answered,
        count(*) filter (where due.is_r30d) as n_responders
    from due
    group by grouping sets ((due.clinic_code), ())
),

listed as (
    select distinct episodes.clinic_code
    from cohort.episodes as episodes
    union all
    select 'network' as clinic_code
)

select
    listed.clinic_code,
    coalesce(counted.n_due, 0) as n_due,
    coalesce(counted.n_answered, 0) as n_answered,
    coalesce(counted.n_responders, 0) as n_responders
from listed
left join counted on listed.clinic_code = counted.clinic_code
