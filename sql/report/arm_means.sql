-- The mean outcome had everybody been given the arm, of every contrast that was estimated and is not withheld.
-- scope: global
-- key: trial, outcome, arm
-- count: n, n_arm
select
    arm_mean.trial,
    arm_mean.outcome,
    arm_mean.arm,
    round(arm_mean.mean, 4) as mean,
    round(arm_mean.lower, 4) as lower,
    round(arm_mean.upper, 4) as upper,
    cast(arm_mean.n as bigint) as n,
    cast(arm_mean.n_arm as bigint) as n_arm
from estimates.arm_means as arm_mean
where
    not exists (
        select withheld.reason
        from self_checks.withheld as withheld
        where
            withheld.trial = arm_mean.trial
            and withheld.outcome = arm_mean.outcome
            and list_contains(string_split(withheld.contrast, ' - '), arm_mean.arm)
    )
