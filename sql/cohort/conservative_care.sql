-- One episode's care up to its 12-week answer: conservative when nothing was manipulated by the day of the answer (domain/outcomes.md).
-- followed_to_day is the day of the answer in the window, else the day on which it was due. A manipulation on the day of the answer
-- counts as before it: which came first is not recorded. The first manipulation is that of cohort.index_arms.
-- scope: patient
-- key: episode_key
-- expect: followed_to_day not null
-- expect: is_conservative_12wk not null
select
    index_arm.episode_key,
    case when outcome.status = 'in_window' then outcome.completed_day else outcome.due_day end as followed_to_day,
    index_arm.first_manipulation_day,
    case
        when index_arm.first_manipulation_day is null then true
        when outcome.status = 'in_window' then index_arm.first_manipulation_day > outcome.completed_day
        else index_arm.first_manipulation_day > outcome.due_day
    end as is_conservative_12wk
from cohort.index_arms as index_arm
inner join cohort.outcomes as outcome on index_arm.episode_key = outcome.episode_key
where outcome.timepoint_weeks = 12
