-- One episode of a trial with the arm it would be in if only the first half of the grace period counted: 7 days from time zero. Who
-- was manipulated later continued without, in decision; in index what was started by day 6 counts, in the order of
-- cohort.index_arms. NULL where the trial's own arm is, or where nothing that makes an arm was done by then.
-- scope: patient
-- key: trial, episode_key
-- expect: trial in decision, index
with early as (
    select
        visit.trial,
        visit.episode_key,
        bool_or(visit.treatment = 'manipulation') as has_manipulation,
        bool_or(visit.treatment = 'exercise') as has_exercise,
        bool_or(visit.treatment = 'passive') as has_passive
    from cohort.grace_visits as visit
    where visit.days_since_time_zero <= case visit.trial when 'index' then 6 else 7 end
    group by visit.trial, visit.episode_key
)

select
    'decision' as trial,
    decision.episode_key,
    case
        when decision.arm = 'add_manipulation' and not coalesce(early.has_manipulation, false) then 'continue_without'
        else decision.arm
    end as arm_within_7_days
from cohort.decision_trial as decision
left join early on decision.episode_key = early.episode_key and early.trial = 'decision'
union all
select
    'index' as trial,
    index_trial.episode_key,
    case
        when index_trial.arm is null then null
        when early.has_manipulation then 'manipulation'
        when early.has_exercise then 'exercise'
        when not early.has_passive then 'rest_or_advice'
    end as arm_within_7_days
from cohort.index_trial as index_trial
left join early on index_trial.episode_key = early.episode_key and early.trial = 'index'
