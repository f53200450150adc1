-- The points table of the prognosis under conservative care: one row an item and band; 0 points where a band is not listed.
-- Points are whole numbers, kept as a number that is no count; n is how many known responses the band rests on.
-- scope: global
-- key: item, band
-- count: n
select
    points_table.item,
    points_table.band,
    cast(points_table.points as double) as points,
    cast(points_table.n as bigint) as n
from estimates.prognosis_points as points_table
