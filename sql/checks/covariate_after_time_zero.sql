-- An episode whose baseline or decision covariates use something later than their time zero: an examination after day 0, or visits,
-- manipulation, pain or disability that what was known at the decision visit does not give.
-- table: cohort.episodes
-- category: plausibility temporal
-- severity: error
-- owner: stepcare
-- allowed: 0 %
-- remedy: A covariate uses what was learnt after time zero; mend cohort.decision or cohort.covariates before any estimate is read
with known as (
    select
        decision.episode_key,
        count(session.session_key) filter (where session.session_day < decision.time_zero_day) as attended_before,
        count(session.session_key) filter (
            where session.session_day = decision.time_zero_day and session.nprs_pre = decision.pain_at_time_zero
        ) as same_pain,
        coalesce(
            bool_or(session.has_manipulation) filter (where session.session_day < decision.time_zero_day), false
        ) as is_manipulated_before
    from cohort.decision as decision
    left join cohort.sessions as session on decision.episode_key = session.episode_key and session.is_attended
    group by decision.episode_key
),

disabilities as (
    select
        decision.episode_key,
        count(*) filter (where outcome.disability_points = decision.disability_by_time_zero) as same_disability
    from cohort.decision as decision
    inner join cohort.outcomes as outcome on decision.episode_key = outcome.episode_key
    where outcome.completed_day <= decision.time_zero_day
    group by decision.episode_key
)

select
    episode.clinic_code,
    decision.episode_key
from cohort.decision as decision
left join cohort.episodes as episode on decision.episode_key = episode.episode_key
inner join known on decision.episode_key = known.episode_key
left join disabilities on decision.episode_key = disabilities.episode_key
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
