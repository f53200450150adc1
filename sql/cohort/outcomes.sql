-- One scheduled time point of one episode, whether the clinic sent a row for it or not.
-- An answer has a completed_day and at least one score; without one the time point is missed when due_day + window is before
-- observed_through_day, else not yet due (contract, Time). The due day is the row's, or 7 days a week after day 0.
-- Scores and improvements are shown in and off the window; responders are judged in the window only (domain/outcomes.md 2.2): 30
-- or 50 % less from a baseline of at least ODI 20, RMDQ-24 4 or NPRS 3. RGROC, PASS and worse are judged on whichever of their
-- measures were answered. Improvements are positive when better. Baseline is intake's, never the answer at week 0.
-- has_surgery_or_injection is by this time point (an earlier row or a discharge to surgery counts), NULL when nobody said.
-- scope: patient
-- key: episode_key, timepoint_weeks
-- expect: timepoint_weeks in 0, 2, 4, 6, 12, 26, 52
-- expect: status in in_window, off_window, missed, not_yet_due
-- expect: status not null
-- expect: main_pain_points between 0 and 10
-- expect: rmdq24 between 0 and 24
-- expect: odi_pct between 0 and 100
with schedule as (
    select
        timepoint.timepoint_weeks,
        timepoint.window_days
    from
        (values (0, 3), (2, 7), (4, 7), (6, 10), (12, 14), (26, 28), (52, 42))
            as timepoint (timepoint_weeks, window_days)
),

surgery_discharges as (
    select
        session.episode_key,
        min(session.session_day) as surgery_day
    from cohort.sessions as session
    where session.discharge_status = 'surgery'
    group by session.episode_key
),

answers as (
    select
        outcome.episode_key,
        cast(outcome.timepoint_wk as integer) as timepoint_weeks,
        outcome.completed_day,
        outcome.nprs_back_avg,
        outcome.nprs_leg_avg,
        outcome.rmdq24,
        outcome.odi_pct,
        outcome.psfs_mean,
        outcome.groc,
        outcome.pgic
    from clean.outcome as outcome
    where
        outcome.completed_day is not null
        and (
            outcome.nprs_back_avg is not null
            or outcome.nprs_leg_avg is not null
            or outcome.rmdq24 is not null
            or outcome.odi_pct is not null
            or outcome.psfs_mean is not null
            or outcome.groc is not null
            or outcome.pgic is not null
            or outcome.recovered_6pt is not null
        )
),

timepoints as (
    select
        episode.episode_key,
        episode.observed_through_day,
        schedule.timepoint_weeks,
        schedule.window_days,
        coalesce(delivered.due_day, 7 * schedule.timepoint_weeks) as due_day,
        case
            when
                surgery_discharges.surgery_day
                <= coalesce(delivered.completed_day, delivered.due_day, 7 * schedule.timepoint_weeks)
                then true
            else delivered.surgery_or_injection != 'none'
        end as has_surgery_or_injection
    from cohort.episodes as episode
    cross join schedule
    left join clean.outcome as delivered
        on
            episode.episode_key = delivered.episode_key
            and schedule.timepoint_weeks = cast(delivered.timepoint_wk as integer)
    left join surgery_discharges on episode.episode_key = surgery_discharges.episode_key
),

measured as (
    select
        timepoints.episode_key,
        timepoints.timepoint_weeks,
        case
            when
                answers.completed_day between timepoints.due_day - timepoints.window_days
                and timepoints.due_day + timepoints.window_days
                then 'in_window'
            when answers.completed_day is not null then 'off_window'
            when timepoints.due_day + timepoints.window_days < timepoints.observed_through_day then 'missed'
            else 'not_yet_due'
        end as status,
        timepoints.due_day,
        answers.completed_day,
        case episode.main_site when 'leg' then answers.nprs_leg_avg else answers.nprs_back_avg end as main_pain_points,
        answers.rmdq24,
        answers.odi_pct,
        case episode.disability_instrument
            when 'rmdq24' then cast(answers.rmdq24 as double)
            when 'odi_pct' then answers.odi_pct
        end as disability_points,
        answers.groc,
        answers.pgic,
        answers.psfs_mean - episode.psfs_mean as psfs_improvement_points,
        episode.main_pain_points as baseline_pain_points,
        episode.disability_points as baseline_disability_points,
        episode.rmdq24 - answers.rmdq24 as rmdq24_improvement_points,
        episode.odi_pct - answers.odi_pct as odi_improvement_points,
        coalesce(episode.is_r30d_evaluable, false) as is_r30d_evaluable,
        bool_or(timepoints.has_surgery_or_injection) over (
            partition by timepoints.episode_key
            order by timepoints.timepoint_weeks rows unbounded preceding
        ) as has_had_surgery_or_injection,
        timepoints.has_surgery_or_injection as is_surgery_or_injection_said,
        timepoints.due_day + timepoints.window_days < timepoints.observed_through_day as is_due
    from timepoints
    inner join cohort.episodes as episode on timepoints.episode_key = episode.episode_key
    left join answers
        on timepoints.episode_key = answers.episode_key and timepoints.timepoint_weeks = answers.timepoint_weeks
),

improved as (
    select
        measured.episode_key,
        measured.timepoint_weeks,
        measured.status,
        measured.status = 'in_window' as is_in_window,
        measured.due_day,
        measured.completed_day,
        measured.main_pain_points,
        measured.rmdq24,
        measured.odi_pct,
        measured.disability_points,
        measured.groc,
        measured.pgic,
        measured.baseline_pain_points,
        measured.baseline_disability_points,
        measured.is_r30d_evaluable,
        measured.psfs_improvement_points,
        measured.rmdq24_improvement_points,
        measured.odi_improvement_points,
        measured.baseline_disability_points - measured.disability_points as disability_improvement_points,
        measured.baseline_pain_points - measured.main_pain_points as pain_improvement_points,
        case when measured.has_had_surgery_or_injection then true else measured.is_surgery_or_injection_said end
            as has_surgery_or_injection,
        measured.is_due
    from measured
),

judged as (
    select
        improved.episode_key,
        improved.timepoint_weeks,
        case
            when improved.is_in_window and improved.is_r30d_evaluable
                then 10 * improved.disability_improvement_points >= 3 * improved.baseline_disability_points
        end as is_r30d,
        case
            when improved.is_in_window and improved.is_r30d_evaluable
                then 2 * improved.disability_improvement_points >= improved.baseline_disability_points
        end as is_r50d,
        case
            when improved.is_in_window and improved.baseline_pain_points >= 3
                then 10 * improved.pain_improvement_points >= 3 * improved.baseline_pain_points
        end as is_r30p,
        case when improved.is_in_window then improved.psfs_improvement_points >= 2 end as has_gained_function,
        case
            when improved.is_in_window and coalesce(improved.groc, improved.pgic) is not null
                then coalesce(improved.groc >= 5, false) or coalesce(improved.pgic <= 2, false)
        end as is_rgroc,
        case
            when improved.is_in_window and (improved.odi_pct is not null or improved.main_pain_points is not null)
                then coalesce(improved.odi_pct <= 20, false) or coalesce(improved.main_pain_points <= 2, false)
        end as is_pass_state,
        case
            when
                improved.is_in_window
                and (
                    improved.pain_improvement_points is not null
                    or improved.odi_improvement_points is not null
                    or improved.groc is not null
                )
                then
                    coalesce(improved.pain_improvement_points <= -2, false)
                    or coalesce(improved.odi_improvement_points <= -10, false)
                    or coalesce(improved.groc <= -3, false)
        end as is_worse
    from improved
)

select
    improved.episode_key,
    improved.timepoint_weeks,
    improved.status,
    improved.due_day,
    improved.completed_day,
    improved.main_pain_points,
    improved.rmdq24,
    improved.odi_pct,
    improved.disability_points,
    improved.disability_improvement_points,
    improved.disability_improvement_points / nullif(improved.baseline_disability_points, 0)
        as disability_improvement_fraction,
    improved.rmdq24_improvement_points,
    improved.odi_improvement_points,
    improved.pain_improvement_points,
    judged.is_r30d,
    judged.is_r50d,
    judged.is_r30p,
    judged.is_r30p and (judged.is_r30d or judged.has_gained_function) and not improved.has_surgery_or_injection
        as is_rboth,
    judged.is_rgroc,
    judged.is_pass_state,
    judged.is_worse,
    improved.has_surgery_or_injection,
    improved.is_due
from improved
inner join judged on improved.episode_key = judged.episode_key and improved.timepoint_weeks = judged.timepoint_weeks
