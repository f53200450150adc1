-- A clinic where in more than 15 % of at least 20 answers the change that the patient reports (PGIC 1 best to 7 worst, GROC -7 worst to
-- +7 best) has the other sign than the change of pain by 2 points or more: the scale was entered upside down.
-- scope: global
-- table: cohort.episodes
-- unit: clinic_code
-- field: pgic, groc
-- category: plausibility atemporal
-- severity: warn
-- owner: clinic
-- allowed: 0 %
-- remedy: Look at the direction of the scales in the form and the export: PGIC 1 is best, GROC +7 is best, pain 0 is best
with answers as (
    select
        episode.clinic_code,
        sign(outcome.pain_improvement_points) as pain_direction,
        sign(4 - asked.pgic) as pgic_direction,
        sign(asked.groc) as groc_direction
    from cohort.outcomes as outcome
    inner join cohort.episodes as episode on outcome.episode_key = episode.episode_key
    inner join clean.outcome as asked
        on
            outcome.episode_key = asked.episode_key
            and outcome.timepoint_weeks = cast(asked.timepoint_wk as integer)
    where outcome.timepoint_weeks > 0 and abs(outcome.pain_improvement_points) >= 2
)

select answers.clinic_code
from answers
group by answers.clinic_code
having
    (
        count(answers.pgic_direction) >= 20
        and count(*) filter (where answers.pgic_direction = -answers.pain_direction and answers.pgic_direction <> 0)
        > 0.15 * count(answers.pgic_direction)
    )
    or (
        count(answers.groc_direction) >= 20
        and count(*) filter (where answers.groc_direction = -answers.pain_direction and answers.groc_direction <> 0)
        > 0.15 * count(answers.groc_direction)
    )
