-- The indicators that are shares: how often each was kept, of how many: one row a clinic ('network': all) and indicator. What each
-- counts and when it is judged is said in cohort.assessment_indicators, .treatment_indicators, .imaging_indicators and
-- .outcome_indicators; a denominator of 0 is 'not recorded', not failed. A share of fewer than the indicator's smallest denominator
-- is withheld (domain/indicators.md 5.1).
-- scope: global
-- key: clinic_code, indicator
-- part: numerator of denominator
-- sum: clinic_code to network
with shipped as (
    select
        listed.indicator,
        listed.smallest_denominator
    from
        (
            values
            ('QI-01', 10), ('QI-02', 10), ('QI-03', 10), ('QI-04', 10), ('QI-05', 10),
            ('QI-06', 8), ('QI-07', 10), ('QI-07a', 10), ('QI-08', 10), ('QI-09', 10),
            ('QI-10', 10), ('QI-11', 10), ('QI-12', 20), ('QI-14', 20), ('QI-17', 20),
            ('QI-17a', 20), ('QI-18', 20), ('QI-20', 10), ('QI-21', 20), ('QI-22', 10),
            ('QI-23', 10), ('QI-23a', 10), ('QI-24', 10)
        ) as listed (indicator, smallest_denominator)
),

counted as (
    select
        coalesce(judged.clinic_code, 'network') as clinic_code,
        judged.indicator,
        count(*) filter (where judged.is_met) as numerator,
        count(*) as denominator
    from cohort.indicators as judged
    group by grouping sets ((judged.clinic_code, judged.indicator), (judged.indicator))
),

clinics as (
    select distinct episodes.clinic_code
    from cohort.episodes as episodes
    union all
    select 'network' as clinic_code
)

select
    clinics.clinic_code,
    shipped.indicator,
    case
        when coalesce(counted.denominator, 0) in (0, greatest(counted.denominator, shipped.smallest_denominator))
            then coalesce(counted.numerator, 0)
    end as numerator,
    coalesce(counted.denominator, 0) as denominator
from clinics
cross join shipped
left join counted on clinics.clinic_code = counted.clinic_code and shipped.indicator = counted.indicator
