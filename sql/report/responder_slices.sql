-- Who had at least 30 % less disability at 12 weeks, by what the patient came with: one row a clinic ('network': all) and complaint. A slice
-- in which fewer than 20 answered is left out. The definitions are those of report.responders.
-- scope: global
-- key: clinic_code, complaint
-- count: n_due
-- part: n_answered of n_due
-- part: n_responders of n_answered
-- sum: clinic_code to network
-- expect: complaint in back pain only, leg pain above the knee, leg pain below the knee, leg pain of extent not recorded
with due as (
    select
        episodes.clinic_code,
        case
            when not episodes.has_leg_or_foot_complaint and not coalesce(episodes.pain_below_knee, false)
                then 'back pain only'
            when episodes.pain_below_knee then 'leg pain below the knee'
            when not episodes.pain_below_knee then 'leg pain above the knee'
            else 'leg pain of extent not recorded'
        end as complaint,
        outcomes.is_r30d
    from cohort.outcomes as outcomes
    inner join cohort.episodes as episodes on outcomes.episode_key = episodes.episode_key
    where
        outcomes.timepoint_weeks = 12
        and outcomes.is_due
        and episodes.is_r30d_evaluable
)

select
    coalesce(due.clinic_code, 'network') as clinic_code,
    due.complaint,
    count(*) as n_due,
    count(due.is_r30d) as n_answered,
    count(*) filter (where due.is_r30d) as n_responders
from due
group by grouping sets ((due.clinic_code, due.complaint), (due.complaint))
having count(due.is_r30d) >= 20
