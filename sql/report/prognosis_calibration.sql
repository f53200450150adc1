-- Predicted and observed share with 30 % less disability at 12 weeks under conservative care, by group of rising probability.
-- The shares are weighted. What was observed is left out where fewer than 8 of the group improved, or fewer than 8 did not.
-- scope: global
-- key: predictor, group_no
-- count: n
-- part: n_responses of n
select
    calibration.predictor,
    cast(calibration.group_no as integer) as group_no,
    cast(round(100 * calibration.predicted) as integer) as predicted_percent,
    case
        when least(calibration.n_responses, calibration.n - calibration.n_responses) >= 8
            then cast(round(100 * calibration.observed) as integer)
    end as observed_percent,
    case
        when least(calibration.n_responses, calibration.n - calibration.n_responses) >= 8
            then cast(round(100 * calibration.lower) as integer)
    end as lower_percent,
    case
        when least(calibration.n_responses, calibration.n - calibration.n_responses) >= 8
            then cast(round(100 * calibration.upper) as integer)
    end as upper_percent,
    cast(calibration.n as bigint) as n,
    cast(calibration.n_responses as bigint) as n_responses
from estimates.prognosis_calibration as calibration
