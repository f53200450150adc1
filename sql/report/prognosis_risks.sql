-- What a total of the points table stands for: percent with 30 % less disability at 12 weeks under conservative care, and its band.
-- 'unlikely' means unlikely to improve with rest or exercise alone: a prognosis, never an indication for manipulation.
-- scope: global
-- key: total
-- count: n
-- expect: band in unlikely, uncertain, likely
select
    cast(risks.total as integer) as total,
    cast(round(100 * risks.probability) as integer) as improves_percent,
    risks.band,
    cast(risks.n as bigint) as n
from estimates.prognosis_risks as risks
