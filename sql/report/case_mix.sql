-- Clinics compared after adjustment for who came (domain/indicators.md 5.2): one row a clinic and measure of QI-12, QI-13, QI-14, QI-18. Shares
-- are standardised (network x observed / expected), points are observed minus expected; beside each its 95 % interval, the estimate
-- drawn to the network, and whether it lies outside the funnel. Withheld where fewer than 20 are known, or under 8 had the outcome or
-- did not have it: a percentage of so few is one of persons. Never a ranking.
-- scope: global
-- key: indicator, measure, clinic_code
-- count: n
-- expect: status in estimated, refused
-- expect: signal in inside, outside 95, outside 99.8, not judged
with told as (
    select
        case_mix.*,
        case_mix.indicator <> 'QI-13' as is_share,
        case when case_mix.indicator = 'QI-13' then 1 else 100 end as factor,
        case_mix.status = 'estimated'
        and (
            case_mix.indicator = 'QI-13'
            or least(round(case_mix.observed * case_mix.n), round((1 - case_mix.observed) * case_mix.n)) >= 8
        ) as is_told
    from estimates.case_mix as case_mix
)

select
    told.indicator,
    told.measure,
    told.clinic_code,
    case when told.is_told then 'estimated' else 'refused' end as status,
    case
        when told.is_told then null
        when told.status = 'refused' then told.reason
        else 'Withheld: fewer than 8 patients had it or did not have it.'
    end as reason,
    cast(told.n as bigint) as n,
    case when told.is_told then cast(5 * round(told.effective_n / 5) as integer) end as effective_no,
    case when told.is_told then round(told.factor * told.expected, case when told.is_share then 0 else 1 end) end
        as expected,
    case when told.is_told then round(told.factor * told.adjusted, case when told.is_share then 0 else 1 end) end
        as adjusted,
    case when told.is_told then round(told.factor * told.lower, case when told.is_share then 0 else 1 end) end as lower,
    case when told.is_told then round(told.factor * told.upper, case when told.is_share then 0 else 1 end) end as upper,
    case when told.is_told then round(told.factor * told.shrunk, case when told.is_share then 0 else 1 end) end
        as shrunk,
    case when told.is_told then round(told.factor * told.shrunk_lower, case when told.is_share then 0 else 1 end) end
        as shrunk_lower,
    case when told.is_told then round(told.factor * told.shrunk_upper, case when told.is_share then 0 else 1 end) end
        as shrunk_upper,
    round(told.factor * told.network, case when told.is_share then 0 else 1 end) as network,
    round(told.overdispersion, 2) as overdispersion,
    told.is_representative,
    case when told.is_told then told.signal else 'not judged' end as signal,
    case when told.is_told then told.direction else '' end as direction,
    told.is_told and told.has_three_in_a_row as has_three_in_a_row,
    told.adjusters_version
from told
