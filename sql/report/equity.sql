-- Equity (QI-26): whether the 12-week form was answered (QI-02), red flags were screened (QI-05) and patients improved (QI-12), by sex,
-- age band, deprivation, ethnicity and payer, all clinics together. Strata are shown, never adjusted for. A stratum of fewer than 20 is
-- pooled with the next smallest until 20 are reached; a group of fewer than 20 in all is left out.
-- scope: global
-- key: indicator, dimension, level
-- part: numerator of denominator
-- expect: dimension in sex, age band, deprivation, ethnicity, payer
with judged as (
    select
        assessment.indicator,
        assessment.episode_key,
        assessment.is_met
    from cohort.assessment_indicators as assessment
    where assessment.indicator = 'QI-05'
    union all
    select
        outcome.indicator,
        outcome.episode_key,
        outcome.is_met
    from cohort.outcome_indicators as outcome
    where outcome.indicator in ('QI-02', 'QI-12')
),

stratified as (
    select
        judged.indicator,
        dimension.dimension,
        case dimension.dimension
            when 'sex' then strata.sex
            when 'age band' then strata.age_band
            when 'deprivation' then strata.deprivation
            when 'ethnicity' then strata.ethnicity
            when 'payer' then strata.payer
        end as level,
        count(*) filter (where judged.is_met) as numerator,
        count(*) as denominator
    from judged
    inner join cohort.strata as strata on judged.episode_key = strata.episode_key
    cross join (values ('sex'), ('age band'), ('deprivation'), ('ethnicity'), ('payer')) as dimension (dimension)
    group by judged.indicator, dimension.dimension, level
),

smaller as (
    select
        stratified.*,
        coalesce(
            sum(stratified.denominator) over (
                partition by stratified.indicator, stratified.dimension
                order by stratified.denominator, stratified.level
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as n_in_smaller
    from stratified
),

pooled as (
    select
        smaller.indicator,
        smaller.dimension,
        smaller.level,
        case
            when smaller.denominator >= 20 and smaller.n_in_smaller not between 1 and 19 then smaller.level
        end as own_level,
        smaller.numerator,
        smaller.denominator
    from smaller
)

select
    pooled.indicator,
    pooled.dimension,
    string_agg(pooled.level, ', ' order by pooled.level) as level,
    cast(sum(pooled.numerator) as bigint) as numerator,
    cast(sum(pooled.denominator) as bigint) as denominator
from pooled
group by pooled.indicator, pooled.dimension, pooled.own_level
having sum(pooled.denominator) >= 20
