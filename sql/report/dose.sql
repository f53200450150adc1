-- What was given in 12 weeks, by clinic (and the network) and by arm of the first 14 days (and 'all'): sessions attended, and those with
-- thrust, non-thrust mobilisation, an instrument and exercise: median and quartiles over the episodes observed for 12 weeks.
-- Described, not an effect. A group of fewer than 20 episodes is left out.
-- scope: global
-- key: clinic_code, arm, measure
-- count: n_episodes
-- part: n_with_any of n_episodes
-- figure: lower_quartile, median, upper_quartile of n_episodes
-- sum: clinic_code to network
-- sum: arm to all
-- expect: measure in sessions, thrust_sessions, nonthrust_sessions, instrument_sessions, exercise_sessions
with observed as (
    select
        dose.clinic_code,
        dose.arm,
        measure.measure,
        case measure.measure
            when 'sessions' then dose.sessions
            when 'thrust_sessions' then dose.thrust_sessions
            when 'nonthrust_sessions' then dose.nonthrust_sessions
            when 'instrument_sessions' then dose.instrument_sessions
            when 'exercise_sessions' then dose.exercise_sessions
        end as sessions
    from cohort.dose as dose
    cross join (
        values ('sessions'), ('thrust_sessions'), ('nonthrust_sessions'), ('instrument_sessions'), ('exercise_sessions')
    ) as measure (measure)
    where dose.is_observed_12wk and dose.arm is not null
)

select
    coalesce(observed.clinic_code, 'network') as clinic_code,
    coalesce(observed.arm, 'all') as arm,
    observed.measure,
    quantile_cont(observed.sessions, 0.25) as lower_quartile,
    quantile_cont(observed.sessions, 0.5) as median,
    quantile_cont(observed.sessions, 0.75) as upper_quartile,
    count(*) as n_episodes,
    count(*) filter (where observed.sessions > 0) as n_with_any
from observed
group by
    grouping sets (
        (observed.clinic_code, observed.arm, observed.measure),
        (observed.clinic_code, observed.measure),
        (observed.arm, observed.measure),
        (observed.measure)
    )
having count(*) >= 20
