-- One episode at one decision visit: the first attended visit of days 14 to 27 (week 2), 28 to 41 (week 4) or 42 to 55 (week 6) is time
-- zero of that week (methods.md section 1). Pain is that visit's nprs_pre against intake's larger of back and leg pain (at least 1).
-- The strategy is add_manipulation when manipulation is recorded at that visit or at an attended visit within 14 days after it; NULL
-- when none of these visits has a recorded component. arm_in_window is the same until the week's last day only, so that each visit
-- belongs to one week, and not_recorded when no component was. is_manipulated_before is NULL when visits before time zero have no
-- recorded component. The slope is the least squares line through every nprs_pre to time zero (NPRS points a week, negative is
-- better), NULL on fewer than two days. Disability is the latest answer on the episode's instrument by time zero, in or off its window.
-- scope: patient
-- key: episode_key, week
-- expect: week between 2 and 6
-- expect: time_zero_day between 14 and 55
-- expect: pain_at_time_zero between 0 and 10
-- expect: improvement_fraction between -9 and 1
-- expect: strategy in add_manipulation, continue_without
-- expect: arm_in_window in add_manipulation, continue_without, not_recorded
with weeks as (
    select
        week.week,
        week.last_day
    from (values (2, 27), (4, 41), (6, 55)) as week (week, last_day)
),

time_zeros as (
    select
        session.episode_key,
        weeks.week,
        weeks.last_day,
        min(session.attended_no) as attended_no
    from cohort.sessions as session
    inner join weeks on session.session_day between 7 * weeks.week and weeks.last_day
    where session.is_attended
    group by session.episode_key, weeks.week, weeks.last_day
),

decisions as (
    select
        session.episode_key,
        time_zeros.week,
        time_zeros.last_day,
        session.session_key,
        session.session_day as time_zero_day,
        session.nprs_pre,
        session.practitioner_key
    from cohort.sessions as session
    inner join time_zeros
        on session.episode_key = time_zeros.episode_key and session.attended_no = time_zeros.attended_no
),

contacts as (
    select
        decisions.episode_key,
        decisions.week,
        cast(
            count(*) filter (where session.is_attended and session.session_day < decisions.time_zero_day) as integer
        ) as attended_before,
        cast(
            count(*) filter (where session.is_missed and session.session_day < decisions.time_zero_day) as integer
        ) as missed_before,
        bool_or(session.has_manipulation) filter (
            where session.is_attended and session.session_day < decisions.time_zero_day
        ) as has_manipulation_before,
        bool_or(session.has_manipulation) filter (
            where
            session.is_attended
            and session.session_day between decisions.time_zero_day and decisions.time_zero_day + 14
        ) as has_manipulation_after,
        bool_or(session.has_manipulation) filter (
            where session.is_attended and session.session_day between decisions.time_zero_day and decisions.last_day
        ) as has_manipulation_in_window
    from decisions
    inner join cohort.sessions as session on decisions.episode_key = session.episode_key
    group by decisions.episode_key, decisions.week
),

-- Whole numbers, so that the slope does not depend on the order in which threads add.
pain_sums as (
    select
        decisions.episode_key,
        decisions.week,
        count(*) as n_scores,
        cast(sum(session.session_day) as bigint) as sum_day,
        cast(sum(session.nprs_pre) as bigint) as sum_pain,
        cast(sum(session.session_day * session.session_day) as bigint) as sum_day_day,
        cast(sum(session.session_day * session.nprs_pre) as bigint) as sum_day_pain
    from decisions
    inner join cohort.sessions as session on decisions.episode_key = session.episode_key
    where session.is_attended and session.nprs_pre is not null and session.session_day <= decisions.time_zero_day
    group by decisions.episode_key, decisions.week
),

disabilities as (
    select
        decisions.episode_key,
        decisions.week,
        arg_max(outcome.disability_points, (outcome.completed_day, outcome.timepoint_weeks)) as disability_by_time_zero
    from decisions
    inner join cohort.outcomes as outcome on decisions.episode_key = outcome.episode_key
    where outcome.completed_day <= decisions.time_zero_day and outcome.disability_points is not null
    group by decisions.episode_key, decisions.week
)

select
    decisions.episode_key,
    decisions.week,
    decisions.time_zero_day,
    decisions.session_key as time_zero_session_key,
    decisions.nprs_pre as pain_at_time_zero,
    1 - decisions.nprs_pre / episode.pain_reference_points as improvement_fraction,
    10 * decisions.nprs_pre > 8 * episode.pain_reference_points as is_under_20_percent_better,
    10 * decisions.nprs_pre > 7 * episode.pain_reference_points as is_under_30_percent_better,
    10 * decisions.nprs_pre > 5 * episode.pain_reference_points as is_under_50_percent_better,
    contacts.attended_before,
    contacts.missed_before,
    cast(7 * (pain_sums.n_scores * pain_sums.sum_day_pain - pain_sums.sum_day * pain_sums.sum_pain) as double)
    / nullif(pain_sums.n_scores * pain_sums.sum_day_day - pain_sums.sum_day * pain_sums.sum_day, 0)
        as pain_slope_per_week,
    disabilities.disability_by_time_zero,
    case when contacts.attended_before = 0 then false else contacts.has_manipulation_before end
        as is_manipulated_before,
    case
        when contacts.has_manipulation_after then 'add_manipulation'
        when not contacts.has_manipulation_after then 'continue_without'
    end as strategy,
    case
        when contacts.has_manipulation_in_window then 'add_manipulation'
        when not contacts.has_manipulation_in_window then 'continue_without'
        else 'not_recorded'
    end as arm_in_window,
    decisions.practitioner_key
from decisions
inner join cohort.episodes as episode on decisions.episode_key = episode.episode_key
inner join contacts on decisions.episode_key = contacts.episode_key and decisions.week = contacts.week
left join pain_sums on decisions.episode_key = pain_sums.episode_key and decisions.week = pain_sums.week
left join disabilities
    on decisions.episode_key = disabilities.episode_key and decisions.week = disabilities.week
