-- A row of a cohort table whose episode is not in cohort.episodes.
-- scope: patient
-- table: cohort.episodes
-- field: episode_key
-- category: conformance relational
-- severity: error
-- owner: stepcare
-- allowed: 0 %
-- remedy: A cohort table is made from more than the episodes in force; mend its SQL
with referring as (
    select decision.episode_key
    from cohort.decision as decision
    union
    select eligibility.episode_key
    from cohort.eligibility as eligibility
    union
    select outcome.episode_key
    from cohort.outcomes as outcome
    union
    select session.episode_key
    from cohort.sessions as session
    union
    select screening.episode_key
    from cohort.screening as screening
    union
    select covariate.episode_key
    from cohort.covariates as covariate
    union
    select course.episode_key
    from cohort.natural_course as course
    union
    select improvement.episode_key
    from cohort.improvement as improvement
    union
    select dose.episode_key
    from cohort.dose as dose
)

select
    cast(null as varchar) as clinic_code,
    referring.episode_key
from referring
anti join cohort.episodes as episode on referring.episode_key = episode.episode_key
