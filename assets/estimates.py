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


@dg.asset(
    key_prefix="estimates",
    deps=[asset_key("cohort.stepped_trial"), asset_key(RESULTS_TABLE)],
    group_name="estimates",
    description="One row an outcome and regime of the stepped trial (the mean outcome had everybody been treated by it) or "
    "difference of two, with 95 % interval, or a refusal with its reason.",
    kinds={"scikitlearn"},
)
def regimes(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Value the regimes of the stepped trial."""
    from pipelines.estimating import write_regimes

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_regimes(con, context.log.info)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


@dg.asset(
    key_prefix="estimates",
    deps=[
        asset_key(table)
        for table in ("cohort.decision_trial", "cohort.grace_visits", "cohort.sequential_trials", RESULTS_TABLE)
    ],
    group_name="estimates",
    description="One row an outcome and analysis of the decision in another way than the main one (cloning, censoring and "
    "weighting for the grace period; sequential trials pooled), with 95 % interval, or a refusal with its reason.",
    kinds={"scikitlearn"},
)
def sensitivity(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Analyse the decision in other ways, to be read beside the main estimate."""
    from pipelines.estimating import write_sensitivity

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_sensitivity(con)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


@dg.asset(
    key_prefix="estimates",
    deps=[asset_key(RESULTS_TABLE)],
    group_name="estimates",
    description="One row a trial and item: the target trial's protocol, and how the records emulate it (TARGET statement).",
    kinds={"python"},
)
def protocols(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Write the protocols that every estimate is stored with."""
    from pipelines.estimating import write_protocols

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_protocols(con)
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
regimes_contract = contract_check(
    "estimates.regimes",
    (
        *(Expectation("not_null", (column,)) for column in ("trial", "outcome", "quantity", "regime", "protocol_hash")),
        Expectation("unique", ("trial", "outcome", "regime")),
        Expectation("in_set", ("quantity",), codes=("value", "difference")),
        Expectation("in_set", ("status",), codes=("estimated", "refused")),
        Expectation("not_above", ("lower", "estimate")),
        Expectation("not_above", ("estimate", "upper")),
        Expectation("between", ("clipped_share",), low=0, high=1),
    ),
)
sensitivity_contract = contract_check(
    "estimates.sensitivity",
    (
        *(
            Expectation("not_null", (column,))
            for column in ("trial", "outcome", "contrast", "analysis", "status", "protocol_hash")
        ),
        Expectation("unique", ("trial", "outcome", "contrast", "analysis")),
        Expectation("in_set", ("status",), codes=("estimated", "refused")),
        Expectation("not_above", ("lower", "estimate")),
        Expectation("not_above", ("estimate", "upper")),
    ),
)
protocols_contract = contract_check(
    "estimates.protocols",
    (
        *(Expectation("not_null", (column,)) for column in ("protocol_hash", "item", "target_trial", "emulation")),
        Expectation("unique", ("trial", "item_no")),
    ),
)
