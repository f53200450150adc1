-- A contact, examination, blood test, study or questionnaire that came from another clinic than its episode.
-- scope: patient
-- table: cohort.episodes
-- field: clinic_code, episode_key
-- category: conformance relational
-- severity: error
-- owner: stepcare
-- allowed: 0 %
-- remedy: A join of sql/clean lets a row of one clinic reach an episode of another; mend the join
with children as (
    select
        session.episode_key,
        session.clinic_code
    from clean.session as session
    union
    select
        exam.episode_key,
        exam.clinic_code
    from clean.exam as exam
    union
    select
        lab.episode_key,
        lab.clinic_code
    from clean.lab as lab
    union
    select
        imaging.episode_key,
        imaging.clinic_code
    from clean.imaging as imaging
    union
    select
        outcome.episode_key,
        outcome.clinic_code
    from clean.outcome as outcome
)

select distinct
    children.clinic_code,
    children.episode_key
from children
left join cohort.episodes as episode
    on children.episode_key = episode.episode_key and children.clinic_code = episode.clinic_code
where episode.episode_key is null
