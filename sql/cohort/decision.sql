-- One episode that reached the decision point: its first attended visit of days 28 to 41 is time zero (methods.md section 1).
-- Pain is that visit's nprs_pre against intake's larger of back and leg pain (at least 1). The strategy is add_manipulation when
-- manipulation is recorded at that visit or at an attended visit within 14 days after it; NULL when none of these visits has a
-- recorded component. is_manipulated_before is NULL when visits before time zero have no recorded component. The slope is the least
-- squares line through every nprs_pre to time zero (NPRS points a week, negative is better), NULL on fewer than two days.
-- Disability is the latest answer on the episode's instrument by time zero, in or off its window.
-- scope: patient
-- key: episode_key
-- expect: time_zero_day between 28 and 41
-- expect: pain_at_time_zero between 0 and 10
-- expect: improvement_fraction between -9 and 1
-- expect: strategy in add_manipulation, continue_without
with time_zeros as (
    select
        session.episode_key,
        min(session.attended_no) as attended_no
    from cohort.sessions as session
    where session.is_attended and session.session_day between 28 and 41
    group by session.episode_key
),

decisions as (
    select
        session.episode_key,
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
        ) as has_manipulation_after
    from decisions
    inner join cohort.sessions as session on decisions.episode_key = session.episode_key
    group by decisions.episode_key
),

-- Whole numbers, so that the slope does not depend on the order in which threads add.
pain_sums as (
    select
        decisions.episode_key,
        count(*) as n_scores,
        cast(sum(session.session_day) as bigint) as sum_day,
        cast(sum(session.nprs_pre) as bigint) as sum_pain,
        cast(sum(session.session_day * session.session_day) as bigint) as sum_day_day,
        cast(sum(session.session_day * session.nprs_pre) as bigint) as sum_day_pain
    from decisions
    inner join cohort.sessions as session on decisions.episode_key = session.episode_key
    where session.is_attended and session.nprs_pre is not null and session.session_day <= decisions.time_zero_day
    group by decisions.episode_key
),

disabilities as (
    select
        decisions.episode_key,
        arg_max(outcome.disability_points, (outcome.completed_day, outcome.timepoint_weeks)) as disability_by_time_zero
    from decisions
    inner join cohort.outcomes as outcome on decisions.episode_key = outcome.episode_key
    where outcome.completed_day <= decisions.time_zero_day and outcome.disability_points is not null
    group by decisions.episode_key
)

select
    decisions.episode_key,
    decisions.time_zero_day,
    decisions.session_key as time_zero_session_key,
    decisions.nprs_pre as pain_at_time_zero,
    1 - decisions.nprs_pre / episode.pain_reference_points as improvement_fraction,
    10 * decisions.nprs_pre > 7 * episode.pain_reference_points as is_under_30_percent_better,
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
    decisions.practitioner_key
from decisions
inner join cohort.episodes as episode on decisions.episode_key = episode.episode_key
inner join contacts on decisions.episode_key = contacts.episode_key
left join pain_sums on decisions.episode_key = pain_sums.episode_key
left join disabilities on decisions.episode_key = disabilities.episode_key
