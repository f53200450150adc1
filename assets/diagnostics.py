"""Why the estimates can be believed, or not: `pipelines.robustness` on the tables of `estimates.*` and `cohort.*`."""

from collections.abc import Callable

import dagster as dg
import duckdb

from pipelines.carrying import carried_or_made
from pipelines.diagnostic_contracts import CONTRACTS
from pipelines.quality.history import history_source
from pipelines.resources import NightBuild
from pipelines.settings import Settings
from pipelines.sql_assets import asset_key, contract_check
from pipelines.written_tables import one_row

_TRIALS = ("cohort.decision_trial", "cohort.index_trial")
_ESTIMATES = ("estimates.effects", "estimates.scores")

Say = Callable[[str], None]


def _diagnostic(
    name: str,
    tables: dict[str, str],
    reads: tuple[str, ...],
    write: Callable[[duckdb.DuckDBPyConnection, Say, Settings], dict[str, int]],
    kind: str = "python",
    *,
    is_carried: bool = False,
) -> dg.AssetsDefinition:
    """The asset of the tables that one writer replaces; it returns their rows by table. With `is_carried` they are carried over
    while what it reads is as it was."""

    @dg.multi_asset(
        name=f"diagnostics__{name}",
        specs=[
            dg.AssetSpec(
                ["diagnostics", table],
                deps=[asset_key(read) for read in reads],
                group_name="diagnostics",
                description=said,
                kinds={kind},
            )
            for table, said in tables.items()
        ],
    )
    def written(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
        with night.warehouse(context.run.run_id) as con:
            rows = carried_or_made(
                con,
                night.earlier if is_carried else None,
                reads,
                [f"diagnostics.{table}" for table in tables],
                lambda: write(con, context.log.info, night.settings),
                context.log.info,
            )
        for table in tables:
            yield dg.MaterializeResult(asset_key=["diagnostics", table], metadata={"dagster/row_count": rows[table]})

    return written


def _write_weighting(con: duckdb.DuckDBPyConnection, say: Say, _: Settings) -> dict[str, int]:
    from pipelines.diagnosing import write_weighting_diagnostics

    return write_weighting_diagnostics(con, say)


def _write_confounding(con: duckdb.DuckDBPyConnection, say: Say, _: Settings) -> dict[str, int]:
    from pipelines.diagnosing import write_confounding_diagnostics

    return write_confounding_diagnostics(con, say)


def _write_specifications(con: duckdb.DuckDBPyConnection, say: Say, _: Settings) -> dict[str, int]:
    from pipelines.diagnosing import write_specifications

    return {"specifications": write_specifications(con, say)}


def _write_concerns(con: duckdb.DuckDBPyConnection, _: Say, __: Settings) -> dict[str, int]:
    from pipelines.diagnosing import write_concerns

    return {"concerns": write_concerns(con)}


def _write_stability(con: duckdb.DuckDBPyConnection, _: Say, settings: Settings) -> dict[str, int]:
    from pipelines.effect_history import write_stability

    return write_stability(con, history_source(settings))


def _write_fairness(con: duckdb.DuckDBPyConnection, _: Say, __: Settings) -> dict[str, int]:
    from pipelines.diagnosing_fairness import write_fairness

    return {"fairness": write_fairness(con)}


def _write_published_figures(con: duckdb.DuckDBPyConnection, _: Say, __: Settings) -> dict[str, int]:
    from pipelines.diagnosing_published import write_published_figures

    return {"published_figures": write_published_figures(con)}


weighting = _diagnostic(
    "weighting",
    one_row("diagnostics", "baseline", "balance", "overlap", "weights", "missing_data", "influence"),
    (*_TRIALS, *_ESTIMATES, "clean.intake", "clean.outcome", "cohort.outcomes"),
    _write_weighting,
    "scikitlearn",
    is_carried=True,
)
confounding = _diagnostic(
    "confounding",
    one_row("diagnostics", "confounding", "confounding_benchmarks", "confounding_contours", "missing_outcomes"),
    (*_TRIALS, *_ESTIMATES),
    _write_confounding,
    "scikitlearn",
    is_carried=True,
)
specifications = _diagnostic(
    "specifications",
    one_row("diagnostics", "specifications"),
    (
        *_TRIALS,
        "cohort.episodes",
        "cohort.outcomes",
        "cohort.shorter_grace",
        "estimates.effects",
        "estimates.sensitivity",
    ),
    _write_specifications,
    "scikitlearn",
    is_carried=True,
)


concerns = _diagnostic(
    "concerns",
    one_row("diagnostics", "concerns"),
    (
        "estimates.effects",
        "diagnostics.balance",
        "diagnostics.influence",
        "diagnostics.confounding",
        "diagnostics.missing_outcomes",
        "diagnostics.specifications",
    ),
    _write_concerns,
)
stability = _diagnostic(
    "stability",
    one_row("diagnostics", "stability", "effect_history"),
    (*_ESTIMATES, "clean.delivery", "raw.code"),
    _write_stability,
)
fairness = _diagnostic(
    "fairness",
    one_row("diagnostics", "fairness"),
    ("cohort.strata", "cohort.index_trial", *_ESTIMATES, "estimates.prognosis"),
    _write_fairness,
)
published_figures = _diagnostic(
    "published_figures",
    one_row("diagnostics", "published_figures"),
    ("estimates.protocols",),
    _write_published_figures,
)
diagnostic_contracts = [contract_check(f"diagnostics.{name}", contract) for name, contract in CONTRACTS.items()]
