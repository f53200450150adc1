-- The decision asked again: one episode at the decision visit of week 2, 4 or 6, with the same eligibility, strategies and covariates as
-- the decision trial has at week 4 (cohort.eligibility, cohort.decision_trial). What does not change with the week is read there.
-- scope: patient
-- key: episode_key, week
-- expect: week between 2 and 6
-- expect: arm in continue_without, add_manipulation
-- expect: is_eligible not null
select
    visit.episode_key,
    visit.week,
    visit.strategy as arm,
    visit.practitioner_key,
    coalesce(
        not visit.is_manipulated_before
        and visit.is_under_30_percent_better
        and visit.strategy is not null
        and episode.disability_points is not null
        and outcome.is_due,
        false
    )
    and not coalesce(contraindication.contraindication = 'absolute', false)
    and not coalesce(contraindication.is_excluded_condition, false) as is_eligible,
    visit.time_zero_day,
    visit.pain_at_time_zero,
    visit.improvement_fraction,
    visit.pain_slope_per_week,
    visit.disability_by_time_zero,
    visit.attended_before,
    visit.missed_before
from cohort.decision_visits as visit
inner join cohort.episodes as episode on visit.episode_key = episode.episode_key
left join cohort.contraindications as contraindication on visit.episode_key = contraindication.episode_key
left join cohort.outcomes as outcome on visit.episode_key = outcome.episode_key and outcome.timepoint_weeks = 12
