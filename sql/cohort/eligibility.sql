-- One episode in one target trial (methods.md section 1): whether it is eligible, or the first step of the flow that left it out.
-- index and stepped: eligible from day 0. decision: in care at days 28 to 41, not manipulated, under 30 % better. All need a baseline
-- disability score (contract: ODI or RMDQ-24) and a recorded strategy, and leave out absolute contraindications and the
-- conditions that domain/screening.md excludes. not_yet_due says that the 12-week window is still open. Incomplete screening
-- stays in and is flagged.
-- scope: patient
-- key: trial, episode_key
-- expect: trial in index, decision, stepped
-- expect: is_eligible not null
-- expect: exclusion in never_attended, no_baseline_disability, absolute_contraindication, excluded_condition, treatment_not_recorded, passive_treatment_only, no_visit_day_28_to_41, manipulated_before, treatment_before_not_recorded, pain_not_recorded, improved_30_percent, not_yet_due
with known as (
    select
        episode.episode_key,
        episode.attended_sessions > 0 as has_attended,
        episode.disability_points is not null as has_baseline_disability,
        coalesce(contraindication.contraindication = 'absolute', false) as is_contraindicated,
        coalesce(contraindication.is_excluded_condition, false) as is_excluded_condition,
        coalesce(contraindication.is_screening_complete, false) as is_screening_complete,
        coalesce(outcome.is_due, false) as is_due,
        index_arm.index_arm,
        coalesce(index_arm.has_component_by_day14, false) as has_component_by_day14,
        decision.episode_key is not null as has_time_zero,
        decision.is_manipulated_before,
        decision.is_under_30_percent_better,
        decision.strategy
    from cohort.episodes as episode
    left join cohort.contraindications as contraindication on episode.episode_key = contraindication.episode_key
    left join cohort.index_arms as index_arm on episode.episode_key = index_arm.episode_key
    left join cohort.decision as decision on episode.episode_key = decision.episode_key
    left join cohort.outcomes as outcome
        on episode.episode_key = outcome.episode_key and outcome.timepoint_weeks = 12
),

judged as (
    select
        'index' as trial,
        known.episode_key,
        known.is_screening_complete,
        case
            when not known.has_attended then 'never_attended'
            when not known.has_baseline_disability then 'no_baseline_disability'
            when known.is_contraindicated then 'absolute_contraindication'
            when known.is_excluded_condition then 'excluded_condition'
            when not known.has_component_by_day14 then 'treatment_not_recorded'
            when known.index_arm is null then 'passive_treatment_only'
            when not known.is_due then 'not_yet_due'
        end as exclusion
    from known
    union all
    select
        'decision' as trial,
        known.episode_key,
        known.is_screening_complete,
        case
            when not known.has_attended then 'never_attended'
            when not known.has_time_zero then 'no_visit_day_28_to_41'
            when known.is_manipulated_before then 'manipulated_before'
            when known.is_manipulated_before is null then 'treatment_before_not_recorded'
            when known.is_under_30_percent_better is null then 'pain_not_recorded'
            when not known.is_under_30_percent_better then 'improved_30_percent'
            when known.is_contraindicated then 'absolute_contraindication'
            when known.is_excluded_condition then 'excluded_condition'
            when not known.has_baseline_disability then 'no_baseline_disability'
            when known.strategy is null then 'treatment_not_recorded'
            when not known.is_due then 'not_yet_due'
        end as exclusion
    from known
    union all
    select
        'stepped' as trial,
        known.episode_key,
        known.is_screening_complete,
        case
            when not known.has_attended then 'never_attended'
            when not known.has_baseline_disability then 'no_baseline_disability'
            when known.is_contraindicated then 'absolute_contraindication'
            when known.is_excluded_condition then 'excluded_condition'
            when not known.has_component_by_day14 then 'treatment_not_recorded'
            when not known.is_due then 'not_yet_due'
        end as exclusion
    from known
)

select
    judged.trial,
    judged.episode_key,
    judged.exclusion is null as is_eligible,
    judged.exclusion,
    judged.is_screening_complete
from judged
