-- Who is compared: the steps from all episodes of the network to those in each trial, with how many each step left out.
-- scope: global
-- key: trial, step_no
-- count: n_left_out, n_remaining
-- flow: n_left_out from n_remaining by step_no
select
    exclusion_flow.trial,
    exclusion_flow.step_no,
    exclusion_flow.step,
    cast(exclusion_flow.n_left_out as bigint) as n_left_out,
    cast(exclusion_flow.n_remaining as bigint) as n_remaining
from cohort.exclusion_flow as exclusion_flow
