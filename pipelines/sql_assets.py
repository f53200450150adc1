"""SQL file to Dagster asset, table contract to asset check. To add a table, write its SELECT: nothing is registered here."""

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
import duckdb

from pipelines.engine.opening import make_table
from pipelines.expectations import Expectation, of_table
from pipelines.resources import NightBuild
from pipelines.tables import SqlFile, count_rows
from pipelines.validation import Outcome, validate_with_duckdb

Materializer = Callable[[duckdb.DuckDBPyConnection, SqlFile, NightBuild], int]
Validate = Callable[[duckdb.DuckDBPyConnection, str, Sequence[Expectation]], list[Outcome]]


def _as_it_is(con: duckdb.DuckDBPyConnection, file: SqlFile, night: NightBuild) -> int:
    return make_table(night.settings.home, con, file, night.only_changed)


def asset_key(table: str) -> dg.AssetKey:
    """`schema.name` as the asset key schema/name."""
    return dg.AssetKey(table.split("."))


def sql_asset(file: SqlFile, write: Materializer = _as_it_is) -> dg.AssetsDefinition:
    """The asset that makes the file's table; what it reads are its dependencies."""

    @dg.asset(
        key=asset_key(file.table),
        deps=[asset_key(table) for table in file.reads],
        group_name=file.schema,
        description=file.description,
        kinds={"duckdb", "sql"},
        code_version=file.code_version,
        tags={"scope": file.scope},
    )
    def sql_table(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
        with night.warehouse(context.run.run_id) as con:
            n_made = write(con, file, night)
            n_rows = count_rows(con, file.table)
        return dg.MaterializeResult(metadata={"dagster/row_count": n_rows, "rows_made_tonight": n_made})

    return sql_table


def contract_check(
    table: str,
    expectations: Sequence[Expectation],
    description: str = "The table keeps its contract.",
    validate: Validate = validate_with_duckdb,
) -> dg.AssetChecksDefinition:
    """The asset check that validates a table against its contract: errors block what is downstream, warnings do not."""

    @dg.asset_check(asset=asset_key(table), name="contract", blocking=True, description=description)
    def contract(context: dg.AssetCheckExecutionContext, night: NightBuild) -> dg.AssetCheckResult:
        with night.warehouse(context.run.run_id) as con:
            outcomes = validate(con, table, expectations)
            n_rows = count_rows(con, table)
        return check_result(outcomes, n_rows)

    return contract


def contract_checks(files: Sequence[SqlFile]) -> list[dg.AssetChecksDefinition]:
    """One contract check a file that declares a contract."""
    return [contract_check(file.table, of_table(file)) for file in files if of_table(file)]


def check_result(outcomes: Sequence[Outcome], n_rows: int) -> dg.AssetCheckResult:
    """The outcomes as one result. Its metadata holds counts and percent only, never a value or a row."""
    broken = [outcome for outcome in outcomes if not outcome.has_passed]
    errors = [outcome for outcome in broken if outcome.expectation.severity == "error" or not outcome.could_run]
    said = {
        outcome.expectation.label: (
            f"{outcome.n_broken:,} of {outcome.n_looked_at:,} ({outcome.percent_broken} %)"
            if outcome.could_run
            else "the check could not run: mend the check, not the data"
        )
        for outcome in broken
    }
    return dg.AssetCheckResult(
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR if errors else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{label}: {text}" for label, text in said.items()) or None,
        metadata={"rows": n_rows, "expectations": len(outcomes), "broken": len(broken)},
    )
