-- The history of the indicators that are shares: one row a clinic ('network': all), indicator and index period, the quarter (or the year,
-- where a clinic sends no more) in which episodes began. The contract carries no month. A period with fewer than 10 is left out.
-- scope: global
-- key: clinic_code, indicator, index_period
-- part: numerator of denominator
-- sum: clinic_code to network
with judged as (
    select
        assessment.clinic_code,
        assessment.index_period,
        assessment.indicator,
        assessment.is_met
    from cohort.assessment_indicators as assessment
    union all
    select
        treatment.clinic_code,
        treatment.index_period,
        treatment.indicator,
        treatment.is_met
    from cohort.treatment_indicators as treatment
    union all
    select
        imaging.clinic_code,
        imaging.index_period,
        imaging.indicator,
        imaging.is_met
    from cohort.imaging_indicators as imaging
    union all
    select
        outcome.clinic_code,
        outcome.index_period,
        outcome.indicator,
        outcome.is_met
    from cohort.outcome_indicators as outcome
)

select
    coalesce(judged.clinic_code, 'network') as clinic_code,
    judged.indicator,
    judged.index_period,
    count(*) filter (where judged.is_met) as numerator,
    count(*) as denominator
from judged
where judged.index_period is not null
group by
    grouping sets (
        (judged.clinic_code, judged.indicator, judged.index_period),
        (judged.indicator, judged.index_period)
    )
having count(*) >= 10
