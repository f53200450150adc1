-- One episode of a trial with pain of the main site of at least 3 at intake: when it improved for good, counted from time zero
-- (day 0 of the index trial, the decision visit of the decision trial).
-- Improved is 30 % less pain of the main site than at intake. It is sustained when a known score at least 14 days later and every
-- score between say the same (domain/outcomes.md 2.3); its day is that of the first score that shows it, so the true day lies between
-- that score and the one before. Two scores of one day count as the worse. Injection or surgery competes: from its day on no
-- score counts, and a report of it has the day of its outcome row. Without either, the episode is lost (event 'censored') on the last
-- day on which it was known not to have begun: an improvement that nobody confirmed is neither counted nor denied.
-- An episode that had an injection or surgery before time zero is left out.
-- scope: patient
-- key: trial, episode_key
-- expect: trial in index, decision
-- expect: baseline_pain_points between 3 and 10
-- expect: event in improved, injection_or_surgery, censored
-- expect: event not null
-- expect: days_to_event between 0 and 3650
with time_zeros as (
    select
        'index' as trial,
        episode.episode_key,
        0 as time_zero_day
    from cohort.episodes as episode
    where episode.attended_sessions > 0
    union all
    select
        'decision' as trial,
        decision.episode_key,
        decision.time_zero_day
    from cohort.decision as decision
),

surgery_reports as (
    select
        outcome.episode_key,
        coalesce(outcome.completed_day, outcome.due_day) as day
    from cohort.outcomes as outcome
    where outcome.has_surgery_or_injection
    union all
    select
        session.episode_key,
        session.session_day as day
    from cohort.sessions as session
    where session.discharge_status = 'surgery'
),

surgeries as (
    select
        surgery_reports.episode_key,
        min(surgery_reports.day) as surgery_day
    from surgery_reports
    group by surgery_reports.episode_key
),

starts as (
    select
        time_zeros.trial,
        episode.episode_key,
        episode.clinic_code,
        episode.main_site,
        episode.main_pain_points,
        time_zeros.time_zero_day,
        surgeries.surgery_day
    from time_zeros
    inner join cohort.episodes as episode on time_zeros.episode_key = episode.episode_key
    left join surgeries on time_zeros.episode_key = surgeries.episode_key
    where episode.main_pain_points >= 3 and coalesce(surgeries.surgery_day >= time_zeros.time_zero_day, true)
),

pain_scores as (
    select
        session.episode_key,
        session.session_day as day,
        session.nprs_pre as pain_points
    from cohort.sessions as session
    where session.is_attended and session.nprs_pre is not null
    union all
    select
        outcome.episode_key,
        outcome.completed_day as day,
        outcome.main_pain_points as pain_points
    from cohort.outcomes as outcome
    where outcome.completed_day is not null and outcome.main_pain_points is not null
),

scored_days as (
    select
        starts.trial,
        starts.episode_key,
        pain_scores.day,
        bool_and(10 * pain_scores.pain_points <= 7 * starts.main_pain_points) as is_improved
    from starts
    inner join pain_scores on starts.episode_key = pain_scores.episode_key
    where
        pain_scores.day > starts.time_zero_day
        and coalesce(pain_scores.day < starts.surgery_day, true)
    group by starts.trial, starts.episode_key, pain_scores.day
),

-- Days of improvement with nothing else between them share the number of worse days before them.
numbered as (
    select
        scored_days.trial,
        scored_days.episode_key,
        scored_days.day,
        scored_days.is_improved,
        count(*) filter (where not scored_days.is_improved) over (
            partition by scored_days.trial, scored_days.episode_key
            order by scored_days.day
        ) as run_no
    from scored_days
),

runs as (
    select
        numbered.trial,
        numbered.episode_key,
        numbered.run_no,
        min(numbered.day) as first_day,
        max(numbered.day) as last_day
    from numbered
    where numbered.is_improved
    group by numbered.trial, numbered.episode_key, numbered.run_no
),

improvements as (
    select
        runs.trial,
        runs.episode_key,
        min(runs.first_day) as first_improvement_day,
        min(runs.first_day) filter (where runs.last_day >= runs.first_day + 14) as sustained_improvement_day
    from runs
    group by runs.trial, runs.episode_key
),

last_days as (
    select
        scored_days.trial,
        scored_days.episode_key,
        max(scored_days.day) as last_seen_day,
        max(scored_days.day) filter (where not scored_days.is_improved) as last_worse_day
    from scored_days
    group by scored_days.trial, scored_days.episode_key
)

select
    starts.trial,
    starts.episode_key,
    starts.clinic_code,
    starts.main_site,
    starts.main_pain_points as baseline_pain_points,
    starts.time_zero_day,
    improvements.first_improvement_day,
    improvements.sustained_improvement_day,
    starts.surgery_day as injection_or_surgery_day,
    coalesce(last_days.last_seen_day, starts.time_zero_day) as last_seen_day,
    case
        when improvements.sustained_improvement_day is not null then 'improved'
        when starts.surgery_day is not null then 'injection_or_surgery'
        else 'censored'
    end as event,
    coalesce(
        improvements.sustained_improvement_day, starts.surgery_day, last_days.last_worse_day, starts.time_zero_day
    ) - starts.time_zero_day as days_to_event
from starts
left join improvements on starts.trial = improvements.trial and starts.episode_key = improvements.episode_key
left join last_days on starts.trial = last_days.trial and starts.episode_key = last_days.episode_key
