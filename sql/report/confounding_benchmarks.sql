-- How strong each group of measured factors is, and the effect that a hidden factor 1, 2 and 3 times as strong would leave.
-- What is withheld (a self-check failed) is left out.
-- scope: global
-- key: trial, outcome, contrast, covariate_group
-- expect: is_strongest not null
select
    benchmark.trial,
    benchmark.outcome,
    benchmark.contrast,
    benchmark.covariate_group,
    benchmark.is_strongest,
    round(benchmark.outcome_r2, 4) as outcome_r2,
    round(benchmark.treatment_r2, 4) as treatment_r2,
    round(benchmark.estimate_1x, 4) as estimate_1x,
    round(benchmark.estimate_2x, 4) as estimate_2x,
    round(benchmark.estimate_3x, 4) as estimate_3x
from diagnostics.confounding_benchmarks as benchmark
anti join self_checks.withheld as withheld
    on
        benchmark.trial = withheld.trial
        and benchmark.outcome = withheld.outcome
        and benchmark.contrast = withheld.contrast
