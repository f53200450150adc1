-- How likely each arm was, by the arm given: the share of patients in each tenth of the propensity, worked out from rounded counts.
-- scope: global
-- key: trial, arm_given, propensity_of, bin_no
-- count: n_arm
-- part: n of n_arm
select
    overlap.trial,
    overlap.arm_given,
    overlap.propensity_of,
    cast(overlap.bin as integer) as bin_no,
    overlap.from_propensity,
    overlap.to_propensity,
    cast(overlap.n as bigint) as n,
    cast(sum(overlap.n) over (partition by overlap.trial, overlap.arm_given, overlap.propensity_of) as bigint) as n_arm
from diagnostics.overlap as overlap
