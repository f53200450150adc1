-- An episode whose covariates in any of the three trials use something later than their time zero: an examination or an image after
-- day 0, pain by day 14 without a score by then, or visits, manipulation, pain or disability that what was known at a decision visit
-- (week 2, 4 or 6) does not give.
-- scope: patient
-- table: cohort.episodes
-- category: plausibility temporal
-- severity: error
-- owner: stepcare
-- allowed: 0 %
-- remedy: A covariate uses what was learnt after time zero; mend cohort.decision_visits or cohort.covariates before any estimate is read
with known as (
    select
        decision.episode_key,
        decision.week,
        count(session.session_key) filter (where session.session_day < decision.time_zero_day) as attended_before,
        count(session.session_key) filter (
            where session.session_day = decision.time_zero_day and session.nprs_pre = decision.pain_at_time_zero
        ) as same_pain,
        coalesce(
            bool_or(session.has_manipulation) filter (where session.session_day < decision.time_zero_day), false
        ) as is_manipulated_before
    from cohort.decision_visits as decision
    left join cohort.sessions as session on decision.episode_key = session.episode_key and session.is_attended
    group by decision.episode_key, decision.week
),

disabilities as (
    select
        decision.episode_key,
        decision.week,
        count(*) filter (where outcome.disability_points = decision.disability_by_time_zero) as same_disability
    from cohort.decision_visits as decision
    inner join cohort.outcomes as outcome on decision.episode_key = outcome.episode_key
    where outcome.completed_day <= decision.time_zero_day
    group by decision.episode_key, decision.week
),

early_scores as (
    select
        session.episode_key,
        count(session.nprs_pre) as n_scores
    from cohort.sessions as session
    where session.is_attended and session.session_day between 1 and 14
    group by session.episode_key
)

select
    episode.clinic_code,
    decision.episode_key
from cohort.decision_visits as decision
left join cohort.episodes as episode on decision.episode_key = episode.episode_key
inner join known on decision.episode_key = known.episode_key and decision.week = known.week
left join disabilities on decision.episode_key = disabilities.episode_key and decision.week = disabilities.week
where
    decision.attended_before <> known.attended_before
    or (decision.pain_at_time_zero is not null and known.same_pain = 0)
    or decision.is_manipulated_before <> known.is_manipulated_before
    or (decision.disability_by_time_zero is not null and coalesce(disabilities.same_disability, 0) = 0)
union
select
    episode.clinic_code,
    covariate.episode_key
from cohort.covariates as covariate
left join cohort.episodes as episode on covariate.episode_key = episode.episode_key
where covariate.exam_day > 0
union
select
    episode.clinic_code,
    imaging.episode_key
from cohort.imaging as imaging
left join cohort.episodes as episode on imaging.episode_key = episode.episode_key
where imaging.latest_study_day > 0
union
select
    episode.clinic_code,
    course.episode_key
from cohort.early_course as course
left join cohort.episodes as episode on course.episode_key = episode.episode_key
left join early_scores on course.episode_key = early_scores.episode_key
where course.pain_improvement_fraction_day14 is not null and coalesce(early_scores.n_scores, 0) = 0
