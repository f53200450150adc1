"""Why tonight's effects can be believed, or are withheld: `pipelines.self_check` on the trials and on what was estimated."""

import dagster as dg

from pipelines.quality.history import history_source
from pipelines.resources import NightBuild
from pipelines.self_check.effort import EFFORTS, NIGHTLY
from pipelines.self_check_contracts import CONTRACTS
from pipelines.sql_assets import asset_key, contract_check, contract_checks, sql_asset
from pipelines.tables import sql_files
from pipelines.written_tables import one_row

_TABLES = one_row(
    "self_checks", "negative_controls", "calibrated_effects", "plasmode", "permutations", "leakage", "verdicts"
)
_FILES = sql_files("self_checks")
_DEPS = [
    asset_key(table)
    for table in (
        "cohort.decision_trial",
        "cohort.index_trial",
        "cohort.stepped_trial",
        "cohort.covariates",
        "estimates.effects",
        "estimates.scores",
        "estimates.models",
    )
]


class SelfCheckEffort(dg.Config):
    """How much work is put into the checks: `nightly`, or `full` once a week."""

    effort: str = NIGHTLY.name


@dg.multi_asset(
    name="self_checks",
    specs=[
        dg.AssetSpec(
            ["self_checks", name], deps=_DEPS, group_name="self_checks", description=said, kinds={"scikitlearn"}
        )
        for name, said in _TABLES.items()
    ],
)
def self_checks(context: dg.AssetExecutionContext, config: SelfCheckEffort, night: NightBuild):  # type: ignore[no-untyped-def]
    """Check what the night estimated."""
    from pipelines.self_checking import write_self_checks

    with night.warehouse(context.run.run_id) as con:
        rows = write_self_checks(con, EFFORTS[config.effort], context.log.info, history_source(night.settings))
    for name, n_rows in rows.items():
        yield dg.MaterializeResult(asset_key=["self_checks", name], metadata={"dagster/row_count": n_rows})


self_check_tables = [sql_asset(file) for file in _FILES]
self_check_sql_contracts = contract_checks(_FILES)
self_check_contracts = [contract_check(f"self_checks.{name}", contract) for name, contract in CONTRACTS.items()]
