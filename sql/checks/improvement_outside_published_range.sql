-- A clinic whose patients' pain fell by less than 0.5 or by more than 4 points on average by 12 weeks, in at least 50 answers (trials and registries: about 2).
-- scope: global
-- table: cohort.episodes
-- unit: clinic_code
-- field: nprs_back_avg, nprs_leg_avg
-- category: plausibility atemporal
-- context: validation
-- severity: note
-- owner: analyst
-- allowed: 10 %
-- remedy: Look at the scale and at who answers before the clinic's figures are read
select episode.clinic_code
from cohort.outcomes as outcome
inner join cohort.episodes as episode on outcome.episode_key = episode.episode_key
where outcome.timepoint_weeks = 12 and outcome.status = 'in_window' and outcome.pain_improvement_points is not null
group by episode.clinic_code
having
    count(*) >= 50
    and (
        sum(cast(outcome.pain_improvement_points as bigint)) < 0.5 * count(*)
        or sum(cast(outcome.pain_improvement_points as bigint)) > 4 * count(*)
    )
