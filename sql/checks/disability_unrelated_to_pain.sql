-- A clinic whose ODI and pain at the start correlate below 0.2 or above 0.9 in at least 50 episodes: one scale is reversed, in another unit, or a copy of the other.
-- scope: global
-- table: cohort.episodes
-- checked: odi_pct is not null and larger_pain_points is not null
-- unit: clinic_code
-- field: odi_pct, nprs_back_avg, nprs_leg_avg
-- category: plausibility atemporal
-- context: validation
-- severity: warn
-- owner: clinic
-- allowed: 0 %
-- remedy: Look at the direction and the unit of both scales in the export of this clinic
with scores as (
    select
        episode.clinic_code,
        cast(round(episode.odi_pct) as bigint) as disability,
        cast(episode.larger_pain_points as bigint) as pain
    from cohort.episodes as episode
    where episode.odi_pct is not null and episode.larger_pain_points is not null
),

-- Whole numbers, so that the sums do not depend on the order in which threads add.
sums as (
    select
        scores.clinic_code,
        count(*) as n_scores,
        cast(sum(scores.disability) as double) as sum_disability,
        cast(sum(scores.pain) as double) as sum_pain,
        cast(sum(scores.disability * scores.disability) as double) as sum_disability_squared,
        cast(sum(scores.pain * scores.pain) as double) as sum_pain_squared,
        cast(sum(scores.disability * scores.pain) as double) as sum_product
    from scores
    group by scores.clinic_code
)

select sums.clinic_code
from sums
where
    sums.n_scores >= 50
    and coalesce(
        (sums.n_scores * sums.sum_product - sums.sum_disability * sums.sum_pain)
        / nullif(
            sqrt(sums.n_scores * sums.sum_disability_squared - sums.sum_disability * sums.sum_disability)
            * sqrt(sums.n_scores * sums.sum_pain_squared - sums.sum_pain * sums.sum_pain),
            0
        ),
        0
    ) not between 0.2 and 0.9
