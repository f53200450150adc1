"""Every check of data quality, run once clean and cohort stand; a Great Expectations suite on their results is the gate."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import dagster as dg

from pipelines.contracts import FEEDS
from pipelines.engine.opening import count_checks
from pipelines.quality.history import HISTORY_CONTRACT, HISTORY_TABLE, history_source
from pipelines.quality.results import BY_CLINIC_CONTRACT, BY_CLINIC_TABLE, RESULTS_TABLE, results_contract, run_checks
from pipelines.quality.telling import panel, said_of, said_of_feed, sudden_ones
from pipelines.resources import NightBuild
from pipelines.sql_assets import asset_key, contract_check
from pipelines.tables import count_rows, sql_files
from pipelines.validation import read_and_validate
from pipelines.written_tables import written_tables

_RULES = sql_files("checks")
_TABLES = {table: written_tables()[table] for table in (RESULTS_TABLE, BY_CLINIC_TABLE, HISTORY_TABLE)}
_DEPS = sorted(
    {asset_key(table) for rule in _RULES for table in rule.reads}
    | {asset_key(f"{schema}.{feed}") for schema in ("raw", "clean") for feed in FEEDS}
    | {asset_key(table) for table in ("raw.code", "clean.delivery", "clean.file", "clean.quarantine")}
)
_CHECK_SPECS = [
    *(
        dg.AssetCheckSpec(
            rule.name,
            asset=asset_key(RESULTS_TABLE),
            description=f"{rule.description} {rule.one('remedy')}.",
            blocking=rule.one("severity") == "error",
        )
        for rule in _RULES
    ),
    *(
        dg.AssetCheckSpec(
            f"{feed}_by_contract",
            asset=asset_key(RESULTS_TABLE),
            description=f"Every check of {feed} that its contract gives.",
        )
        for feed in FEEDS
    ),
    dg.AssetCheckSpec(
        "sudden_change",
        asset=asset_key(RESULTS_TABLE),
        description="No check differs from its own past by more than its nights have differed.",
    ),
]


@dg.multi_asset(
    name="checks",
    specs=[
        dg.AssetSpec(asset_key(table), deps=_DEPS, group_name="checks", description=said, kinds={"duckdb", "sql"})
        for table, said in _TABLES.items()
    ],
    check_specs=_CHECK_SPECS,
)
def checks(context: dg.AssetExecutionContext, night: NightBuild) -> Iterator[Any]:
    """Run every check. Each rule is a check of the graph; those of the contract are one a feed."""
    with night.warehouse(context.run.run_id) as con:
        count = partial(count_checks, night.settings.home)
        results = run_checks(con, _RULES, history_source(night.settings), datetime.now(UTC), count)
        rows = {table: count_rows(con, table) for table in _TABLES}
    for table, n_rows in rows.items():
        told = panel(results) if table == RESULTS_TABLE else {}
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata={"dagster/row_count": n_rows, **told})
    by_name = {str(row["check_name"]): row for _, row in results.iterrows()}
    for rule in _RULES:
        yield _evaluated(rule.name, **said_of(by_name[rule.name]))
    for feed in FEEDS:
        yield _evaluated(f"{feed}_by_contract", **said_of_feed(results, feed))
    yield _evaluated("sudden_change", **sudden_ones(results))


def _evaluated(
    name: str, *, is_met: bool, is_error: bool, description: str | None, metadata: dict[str, Any]
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset_key(RESULTS_TABLE),
        check_name=name,
        passed=is_met,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=description,
        metadata=metadata,
    )


results_gate = contract_check(
    RESULTS_TABLE,
    results_contract(_RULES),
    "Every check ran, and none of severity error is broken more than allowed.",
    validate=read_and_validate,
)
by_clinic_contract = contract_check(BY_CLINIC_TABLE, BY_CLINIC_CONTRACT)
history_contract = contract_check(HISTORY_TABLE, HISTORY_CONTRACT)
