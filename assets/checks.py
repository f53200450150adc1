"""Cross-table rules (`sql/checks`) run once clean and cohort stand; a Great Expectations suite on their results is the gate."""

from typing import Any

import dagster as dg

from pipelines.resources import NightBuild
from pipelines.rules import RESULTS_CONTRACT, RESULTS_TABLE, run_rules
from pipelines.sql_assets import asset_key, contract_check
from pipelines.tables import sql_files

_RULES = sql_files("checks")


@dg.asset(
    key=asset_key(RESULTS_TABLE),
    deps=sorted({asset_key(table) for rule in _RULES for table in rule.reads}),
    group_name="checks",
    description="One row a cross-table rule: how many rows of its table break it, and how many may.",
    kinds={"duckdb", "sql"},
    check_specs=[
        dg.AssetCheckSpec(
            rule.name,
            asset=asset_key(RESULTS_TABLE),
            description=rule.description,
            blocking=rule.one("severity") == "error",
        )
        for rule in _RULES
    ],
)
def results(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Run every rule; each is a check of its own, so that the graph shows which one failed."""
    with night.warehouse(context.run.run_id) as con:
        found: list[Any] = run_rules(con, _RULES).to_dict("records")
    yield dg.MaterializeResult(metadata={"dagster/row_count": len(found)})
    for row in found:
        is_error = row["severity"] == "error"
        yield dg.AssetCheckResult(
            check_name=row["rule"],
            passed=row["percent_broken"] <= row["allowed_percent"],
            severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
            metadata={name: row[name] for name in ("n_broken", "n_rows", "percent_broken", "allowed_percent")},
        )


results_contract = contract_check(
    RESULTS_TABLE, RESULTS_CONTRACT, "No rule of severity error is broken more than allowed."
)
