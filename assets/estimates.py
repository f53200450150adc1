"""Effects of the target trials and the natural course: `pipelines.causal` on the tables of `cohort.*`."""

from typing import Any

import dagster as dg

from pipelines.expectations import Expectation
from pipelines.quality.results import RESULTS_TABLE
from pipelines.resources import NightBuild
from pipelines.sql_assets import asset_key, contract_check

_TABLES = {
    "effects": "One row an estimate: effect with 95 % interval, or a refusal with its reason. Positive is better for adding "
    "manipulation; points of the scale or risk difference.",
    "scores": "Restricted. One row an episode, arm and repeat: the doubly robust scores that every effect is a mean of.",
    "episode_effects": "Restricted. One row an episode and contrast: expected gain with interval and label.",
}
_TRIAL_DEPS = [asset_key(table) for table in ("cohort.decision_trial", "cohort.index_trial", RESULTS_TABLE)]


@dg.multi_asset(
    name="estimates",
    specs=[
        dg.AssetSpec(
            ["estimates", name], deps=_TRIAL_DEPS, group_name="estimates", description=said, kinds={"scikitlearn"}
        )
        for name, said in _TABLES.items()
    ],
)
def estimates(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Estimate the decision and the index trial."""
    from pipelines.estimating import write_trial_estimates

    with night.warehouse(context.run.run_id) as con:
        rows = write_trial_estimates(con, context.log.info)
    for name in _TABLES:
        yield dg.MaterializeResult(asset_key=["estimates", name], metadata={"dagster/row_count": rows[name]})


@dg.asset(
    key_prefix="estimates",
    deps=[asset_key("cohort.natural_course"), asset_key(RESULTS_TABLE)],
    group_name="estimates",
    description="Share with 30 % less pain by day on conservative care (Aalen-Johansen), with a step-up competing.",
    kinds={"python"},
)
def natural_course(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Estimate the natural course of each clinic and of the network."""
    from pipelines.estimating import write_natural_course

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_natural_course(con)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


_EFFECTS_CONTRACT = (
    *(Expectation("not_null", (column,)) for column in ("trial", "outcome", "contrast", "group_name", "status")),
    Expectation("unique", ("trial", "outcome", "contrast", "group_name", "group_level")),
    Expectation("in_set", ("status",), codes=("estimated", "refused")),
    Expectation("not_above", ("lower", "estimate")),
    Expectation("not_above", ("estimate", "upper")),
    Expectation("between", ("overlap_share",), low=0, high=1),
)
_COURSE_CONTRACT = (
    Expectation("unique", ("source", "clinic_code", "day")),
    Expectation("between", ("cumulative_improved",), low=0, high=1),
    Expectation("not_above", ("lower", "cumulative_improved")),
    Expectation("not_above", ("cumulative_improved", "upper")),
)
_LABELS = (
    "likely_gain",
    "no_difference_expected",
    "not_enough_information",
    "outside_overlap",
    "contraindicated",
    "screening_incomplete",
)

effects_contract = contract_check("estimates.effects", _EFFECTS_CONTRACT)
natural_course_contract = contract_check("estimates.natural_course", _COURSE_CONTRACT)
episode_effects_contract = contract_check(
    "estimates.episode_effects",
    (
        Expectation("unique", ("trial", "outcome", "contrast", "episode_key")),
        Expectation("in_set", ("label",), codes=_LABELS),
        Expectation("not_above", ("lower", "upper")),
    ),
)


_PROGNOSIS_TABLES = {
    "prognosis": "Restricted. One row an eligible episode: probability of 30 % less disability at 12 weeks under conservative "
    "care, out of fold, with its band. A prognosis, never an indication for manipulation.",
    "prognosis_performance": "One row a predictor, validation, clinic and figure: AUC, observed to expected, slope, Brier score.",
    "prognosis_calibration": "One row a predictor and group of rising probability: predicted and observed.",
    "decision_curve": "One row a strategy and threshold: net benefit of acting on those not expected to improve.",
    "prognosis_points": "One row an item and band of the points table, fitted on all known responses.",
    "prognosis_risks": "One row a total of the points table: the probability that it stands for.",
}
_PROGNOSIS_DEPS = [
    asset_key(table) for table in ("cohort.conservative_care", "cohort.covariates", "cohort.index_trial", RESULTS_TABLE)
]


@dg.multi_asset(
    name="prognosis",
    specs=[
        dg.AssetSpec(
            ["estimates", name], deps=_PROGNOSIS_DEPS, group_name="estimates", description=said, kinds={"scikitlearn"}
        )
        for name, said in _PROGNOSIS_TABLES.items()
    ],
)
def prognosis(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Estimate the prognosis under conservative care."""
    from pipelines.estimating_prognosis import write_prognosis

    with night.warehouse(context.run.run_id) as con:
        rows = write_prognosis(con)
    for name in _PROGNOSIS_TABLES:
        yield dg.MaterializeResult(asset_key=["estimates", name], metadata={"dagster/row_count": rows[name]})


@dg.asset_check(
    asset=asset_key("estimates.prognosis_performance"),
    name="leakage",
    blocking=True,
    description="No pooled AUC of the 12-week response from baseline is above 0.85: more would mean that the future leaked in.",
)
def prognosis_leakage(context: dg.AssetCheckExecutionContext, night: NightBuild) -> dg.AssetCheckResult:
    """Fail when the prognosis is too good to be true."""
    from pipelines.estimating_prognosis import suspected_leakage

    with night.warehouse(context.run.run_id) as con:
        wrong = suspected_leakage(con)
    return dg.AssetCheckResult(passed=wrong is None, description=wrong)


_REFUSABLE = (
    Expectation("not_null", ("protocol_hash",)),
    Expectation("in_set", ("status",), codes=("estimated", "refused")),
)
_INTERVAL = (Expectation("not_above", ("lower", "estimate")), Expectation("not_above", ("estimate", "upper")))
_PROGNOSIS_CONTRACTS = {
    "prognosis": (
        *_REFUSABLE,
        Expectation("not_null", ("episode_key",)),
        Expectation("unique", ("episode_key",)),
        Expectation("between", ("probability",), low=0, high=1),
        Expectation("between", ("seen_probability",), low=0, high=1),
        Expectation("in_set", ("band",), codes=("unlikely", "uncertain", "likely")),
    ),
    "prognosis_performance": (
        *_REFUSABLE,
        *_INTERVAL,
        Expectation("unique", ("predictor", "validation", "clinic_code", "figure")),
        Expectation("in_set", ("figure",), codes=("auc", "observed_to_expected", "calibration_slope", "brier")),
        Expectation("in_set", ("validation",), codes=("out_of_fold", "clinic_left_out", "over_clinics")),
        Expectation("not_above", ("n_responses", "n")),
    ),
    "prognosis_calibration": (
        *_REFUSABLE,
        Expectation("unique", ("predictor", "group_no")),
        Expectation("between", ("predicted",), low=0, high=1),
        Expectation("between", ("observed",), low=0, high=1),
        Expectation("not_above", ("lower", "observed")),
        Expectation("not_above", ("observed", "upper")),
    ),
    "decision_curve": (
        *_REFUSABLE,
        Expectation("unique", ("strategy", "threshold")),
        Expectation("between", ("threshold",), low=0.01, high=0.99),
        Expectation("not_above", ("lower", "net_benefit")),
        Expectation("not_above", ("net_benefit", "upper")),
    ),
    "prognosis_points": (
        Expectation("unique", ("item", "band")),
        Expectation("between", ("points",), low=-5, high=5),
    ),
    "prognosis_risks": (
        Expectation("unique", ("total",)),
        Expectation("between", ("probability",), low=0, high=1),
        Expectation("in_set", ("band",), codes=("unlikely", "uncertain", "likely")),
    ),
}

prognosis_contracts = [contract_check(f"estimates.{name}", contract) for name, contract in _PROGNOSIS_CONTRACTS.items()]
