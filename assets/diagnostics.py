"""Why to believe the estimates, and why not: what stands beside them in `diagnostics.*`."""

from typing import Any

import dagster as dg

from pipelines.diagnostic_contracts import CONTRACTS
from pipelines.effect_history import write_stability
from pipelines.evidence.figures import PUBLISHED_FIGURE_COLUMNS, evidence, published_figure_rows
from pipelines.quality.history import history_source
from pipelines.resources import NightBuild
from pipelines.sql_assets import asset_key, contract_check

_STABILITY_TABLES = {
    "stability": "One row an effect: how it moved since the night before, split into newly arrived episodes, episodes that went "
    "and episodes scored again; whether chance gives as much; which deliveries and whether the code changed. Or a refusal.",
    "effect_history": "One row a night and effect: the same, carried on by each night.",
}


@dg.multi_asset(
    name="stability",
    specs=[
        dg.AssetSpec(
            ["diagnostics", name],
            deps=[
                asset_key(table) for table in ("estimates.effects", "estimates.scores", "clean.delivery", "raw.code")
            ],
            group_name="diagnostics",
            description=said,
            kinds={"python"},
        )
        for name, said in _STABILITY_TABLES.items()
    ],
)
def stability(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Compare every effect with the night before."""
    with night.warehouse(context.run.run_id) as con:
        rows = write_stability(con, history_source(night.settings))
    for name, n_rows in rows.items():
        yield dg.MaterializeResult(asset_key=["diagnostics", name], metadata={"dagster/row_count": n_rows})


@dg.asset(
    key_prefix="diagnostics",
    deps=[
        asset_key(table)
        for table in (
            "cohort.strata",
            "cohort.index_trial",
            "estimates.effects",
            "estimates.scores",
            "estimates.prognosis",
        )
    ],
    group_name="diagnostics",
    description="One row a measure, group and level: who answered, completed care and is in the results, how wrong the "
    "prognosis is and how large the effects are, or a refusal. Intervals of one measure hold for all its groups together.",
    kinds={"python"},
)
def fairness(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Tell response, care, errors and effects apart by group."""
    from pipelines.diagnosing_fairness import write_fairness

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_fairness(con)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


@dg.asset(
    key_prefix="diagnostics",
    deps=[asset_key("estimates.protocols")],
    group_name="diagnostics",
    description="One row a published figure and estimate of ours beside which it may stand, with source and mark (V looked up, "
    "R recalled), from a versioned file.",
    kinds={"python"},
)
def published_figures(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Write the published figures that stand beside ours."""
    from pipelines.estimating import write_estimates

    rows = published_figure_rows(evidence())
    order = "figure_no, trial, contrast, outcome"
    with night.warehouse(context.run.run_id) as con:
        n_rows = write_estimates(con, "published_figures", rows, PUBLISHED_FIGURE_COLUMNS, order, schema="diagnostics")
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


diagnostic_contracts = [contract_check(f"diagnostics.{name}", contract) for name, contract in CONTRACTS.items()]
