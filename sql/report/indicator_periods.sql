-- The history of the indicators that are shares: one row a clinic ('network': all), indicator and index period, the quarter (or the year,
-- where a clinic sends no more) in which episodes began. The contract carries no month. A period with fewer than 10 is left out.
-- scope: global
-- key: clinic_code, indicator, index_period
-- part: numerator of denominator
-- sum: clinic_code to network
select
    coalesce(judged.clinic_code, 'network') as clinic_code,
    judged.indicator,
    judged.index_period,
    count(*) filter (where judged.is_met) as numerator,
    count(*) as denominator
from cohort.indicators as judged
where judged.index_period is not null
group by
    grouping sets (
        (judged.clinic_code, judged.indicator, judged.index_period),
        (judged.indicator, judged.index_period)
    )
having count(*) >= 10
