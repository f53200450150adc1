-- One episode that reached the decision point: its first attended visit of days 28 to 41 is time zero (methods.md section 1), the
-- decision visit of week 4. What each column means is said in cohort.decision_visits.
-- scope: patient
-- key: episode_key
-- expect: time_zero_day between 28 and 41
-- expect: pain_at_time_zero between 0 and 10
-- expect: improvement_fraction between -9 and 1
-- expect: strategy in add_manipulation, continue_without
select
    visit.episode_key,
    visit.time_zero_day,
    visit.time_zero_session_key,
    visit.pain_at_time_zero,
    visit.improvement_fraction,
    visit.is_under_30_percent_better,
    visit.attended_before,
    visit.missed_before,
    visit.pain_slope_per_week,
    visit.disability_by_time_zero,
    visit.is_manipulated_before,
    visit.strategy,
    visit.practitioner_key
from cohort.decision_visits as visit
where visit.week = 4
