-- Equity (QI-26): whether the 12-week form was answered (QI-02), red flags were screened (QI-05) and patients improved (QI-12), by sex,
-- age band, deprivation, ethnicity and payer, all clinics together. Strata are shown, never adjusted for. A stratum of fewer than 20 is
-- pooled with the next smallest until 20 are reached; a group of fewer than 20 in all is left out.
-- scope: global
-- key: indicator, dimension, level
-- part: numerator of denominator
-- expect: dimension in sex, age band, deprivation, ethnicity, payer
with stratified as (
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
    from cohort.indicators as judged
    inner join cohort.strata as strata on judged.episode_key = strata.episode_key
    cross join (values ('sex'), ('age band'), ('deprivation'), ('ethnicity'), ('payer')) as dimension (dimension)
    where judged.indicator in ('QI-02', 'QI-05', 'QI-12')
    group by judged.indicator, dimension.dimension, level
),

-- The strata are the same in all three indicators: a stratum is as small as it is where it is smallest.
least as (
    select
        stratified.dimension,
        stratified.level,
        case
            when count(*) < max(count(*)) over (partition by stratified.dimension) then 0
            else min(stratified.denominator)
        end as n
    from stratified
    group by stratified.dimension, stratified.level
),

ordered as (
    select
        least.dimension,
        least.level,
        least.n,
        sum(least.n) over (
            partition by least.dimension
            order by least.n, least.level
            rows between unbounded preceding and 1 preceding
        ) as n_in_smaller
    from least
),

pooled as (
    select
        stratified.indicator,
        stratified.dimension,
        stratified.level,
        case when ordered.n >= 20 and coalesce(ordered.n_in_smaller, 20) >= 20 then stratified.level end as own_level,
        stratified.numerator,
        stratified.denominator
    from stratified
    inner join ordered on stratified.dimension = ordered.dimension and stratified.level = ordered.level
),

named as (
    select
        pooled.dimension,
        pooled.own_level,
        string_agg(distinct pooled.level, ', ' order by pooled.level) as level
    from pooled
    group by pooled.dimension, pooled.own_level
)

select
    pooled.indicator,
    pooled.dimension,
    named.level,
    cast(sum(pooled.numerator) as bigint) as numerator,
    cast(sum(pooled.denominator) as bigint) as denominator
from pooled
inner join named
    on pooled.dimension = named.dimension and pooled.own_level is not distinct from named.own_level
group by pooled.indicator, pooled.dimension, named.level
having sum(pooled.denominator) >= 20
