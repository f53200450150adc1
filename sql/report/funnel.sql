-- The limits of the funnel of each measure by effective number of episodes: within which a clinic lies by chance in 95 and in 99.8 % of
-- clinics like the network. Shares in percent, points as observed minus expected.
-- scope: global
-- key: indicator, measure, effective_no
-- expect: lower_95 not null
with scaled as (
    select
        funnel.*,
        case when funnel.indicator = 'QI-13' then 1 else 100 end as factor
    from estimates.funnel as funnel
)

select
    scaled.indicator,
    scaled.measure,
    cast(scaled.effective_n as integer) as effective_no,
    round(scaled.factor * scaled.network, 1) as network,
    round(scaled.factor * scaled.lower_95, 1) as lower_95,
    round(scaled.factor * scaled.upper_95, 1) as upper_95,
    round(scaled.factor * scaled.lower_998, 1) as lower_998,
    round(scaled.factor * scaled.upper_998, 1) as upper_998
from scaled
