-- Immediate change within a session, by what was done in it: described, not an effect. There is no comparison, the same person
-- asks and treats, and a change is expected; positive is better.
-- A group of fewer than 20 sessions or 20 episodes is left out.
-- scope: global
-- key: measure, treatment
-- count: n_sessions, n_episodes
-- expect: measure in pain_points, flexion_degrees, fingertip_distance_cm, extension_degrees
-- expect: treatment in manipulation, exercise, other
select
    change.measure,
    change.treatment,
    round(quantile_cont(change.change, 0.25), 1) as lower_quartile,
    round(quantile_cont(change.change, 0.5), 1) as median,
    round(quantile_cont(change.change, 0.75), 1) as upper_quartile,
    'described, not an effect' as reading,
    count(*) as n_sessions,
    count(distinct change.episode_key) as n_episodes
from cohort.within_session as change
where change.treatment is not null
group by change.measure, change.treatment
having count(*) >= 20 and count(distinct change.episode_key) >= 20
