"""Effects of the target trials and the natural course: `pipelines.causal` on the tables of `cohort.*`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import dagster as dg
import duckdb

from pipelines.carrying import carried_or_made
from pipelines.estimate_contracts import CONTRACTS
from pipelines.model_history import write_model_history
from pipelines.quality.history import history_source
from pipelines.quality.results import RESULTS_TABLE
from pipelines.resources import NightBuild
from pipelines.sql_assets import asset_key, contract_check
from pipelines.written_tables import one_row, written_tables

Say = Callable[[str], None]
Write = Callable[[duckdb.DuckDBPyConnection, Say], dict[str, int]]

_TRIALS = ("cohort.decision_trial", "cohort.index_trial")
READS: dict[str, tuple[str, ...]] = {
    "trials": _TRIALS,
    "natural_course": ("cohort.natural_course",),
    "improvement": (*_TRIALS, "cohort.improvement"),
    "sessions_to_improvement": ("cohort.sessions_to_improvement",),
    "dose_effects": ("cohort.index_trial", "cohort.dose"),
    "regimes": ("cohort.stepped_trial",),
    "sensitivity": (*_TRIALS, "cohort.grace_visits", "cohort.sequential_trials"),
    "prognosis": ("cohort.conservative_care", "cohort.covariates", "cohort.index_trial"),
    "clinics": (
        "cohort.episodes", "cohort.outcomes", "cohort.covariates", "cohort.indicator_courses", "cohort.outcome_indicators",
        "clean.outcome",
    ),
}  # fmt: skip
"""What each asset reads: while these tables are as they were, its own are carried over (`pipelines.carrying`)."""


def _deps(name: str) -> list[dg.AssetKey]:
    """The tables it reads, and the gate."""
    return [asset_key(table) for table in (*READS[name], RESULTS_TABLE)]


def _carried_or_made(
    context: dg.AssetExecutionContext,
    night: NightBuild,
    con: duckdb.DuckDBPyConnection,
    name: str,
    tables: Iterable[str],
    write: Write,
) -> dict[str, int]:
    say = context.log.info
    full = [f"estimates.{table}" for table in tables]
    return carried_or_made(con, night.earlier, READS[name], full, lambda: write(con, say), say)


_TABLES = one_row(
    "estimates",
    "effects",
    "arm_means",
    "scores",
    "episode_effects",
    "heterogeneity",
    "rule_values",
    "rules",
    "models",
    "model_history",
    "notices",
)
_OF_NIGHTS = ("model_history", "notices")


@dg.multi_asset(
    name="estimates",
    specs=[
        dg.AssetSpec(
            ["estimates", name], deps=_deps("trials"), group_name="estimates", description=said, kinds={"scikitlearn"}
        )
        for name, said in _TABLES.items()
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "models_as_good_as_before",
            asset=["estimates", "notices"],
            description="No model is worse than on the night before: AUC or share explained down, or log loss up, by over 0.05.",
        )
    ],
)
def estimates(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Estimate the decision and the index trial."""
    from pipelines.estimating import write_trial_estimates

    with night.warehouse(context.run.run_id) as con:
        made = [table for table in _TABLES if table not in _OF_NIGHTS]
        rows = _carried_or_made(context, night, con, "trials", made, write_trial_estimates)
        rows |= write_model_history(con, history_source(night.settings))
        notices = [row[0] for row in con.execute("select notice from estimates.notices").fetchall()]
    for name in _TABLES:
        yield dg.MaterializeResult(asset_key=["estimates", name], metadata={"dagster/row_count": rows[name]})
    yield dg.AssetCheckResult(
        asset_key=["estimates", "notices"],
        check_name="models_as_good_as_before",
        passed=not notices,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(notices) or None,
    )


def _together(name: str, tables: Mapping[str, str], write: Write, kind: str = "scikitlearn") -> dg.AssetsDefinition:
    """Tables, with what one row of each is, that one function writes from what `READS` says of the name."""

    @dg.multi_asset(
        name=f"estimates__{name}",
        specs=[
            dg.AssetSpec(["estimates", table], deps=_deps(name), group_name="estimates", description=said, kinds={kind})
            for table, said in tables.items()
        ],
    )
    def made(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
        with night.warehouse(context.run.run_id) as con:
            rows = _carried_or_made(context, night, con, name, tables, write)
        for table in tables:
            yield dg.MaterializeResult(asset_key=["estimates", table], metadata={"dagster/row_count": rows[table]})

    return made


def _write_improvement(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_courses import write_improvement

    return write_improvement(con, say)


improvement = _together(
    "improvement",
    one_row("estimates", "improvement_curves", "improvement_effects"),
    _write_improvement,
)


def _write_natural_course(con: duckdb.DuckDBPyConnection, _: Say) -> dict[str, int]:
    from pipelines.estimating import write_natural_course

    return {"natural_course": write_natural_course(con)}


natural_course = _together(
    "natural_course",
    one_row("estimates", "natural_course"),
    _write_natural_course,
    "python",
)


def _write_sessions_to_improvement(con: duckdb.DuckDBPyConnection, _: Say) -> dict[str, int]:
    from pipelines.estimating_courses import write_sessions_to_improvement

    return {"sessions_to_improvement": write_sessions_to_improvement(con)}


sessions_to_improvement = _together(
    "sessions_to_improvement",
    one_row("estimates", "sessions_to_improvement"),
    _write_sessions_to_improvement,
    "python",
)


def _write_dose_effects(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_courses import write_dose_effects

    return {"dose_effects": write_dose_effects(con, say)}


dose_effects = _together(
    "dose_effects",
    one_row("estimates", "dose_effects"),
    _write_dose_effects,
)


def _write_regimes(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating import write_regimes

    return {"regimes": write_regimes(con, say)}


regimes = _together(
    "regimes",
    one_row("estimates", "regimes"),
    _write_regimes,
)


def _write_sensitivity(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating import write_sensitivity

    return {"sensitivity": write_sensitivity(con, say)}


sensitivity = _together(
    "sensitivity",
    one_row("estimates", "sensitivity"),
    _write_sensitivity,
)


@dg.asset(
    key_prefix="estimates",
    deps=[asset_key(RESULTS_TABLE)],
    group_name="estimates",
    description=written_tables()["estimates.protocols"],
    kinds={"python"},
)
def protocols(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Write the protocols that every estimate is stored with."""
    from pipelines.estimating import write_protocols

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_protocols(con)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


_PROGNOSIS_TABLES = one_row(
    "estimates",
    "prognosis",
    "prognosis_performance",
    "prognosis_calibration",
    "decision_curve",
    "prognosis_points",
    "prognosis_risks",
)


def _write_prognosis(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_prognosis import write_prognosis

    return write_prognosis(con, say)


prognosis = _together("prognosis", _PROGNOSIS_TABLES, _write_prognosis)

_OWN_TABLES = one_row("estimates", "own_questions", "own_effects")


@dg.multi_asset(
    name="estimates__own_questions",
    specs=[
        dg.AssetSpec(
            ["estimates", name],
            deps=[asset_key(table) for table in (*_TRIALS, RESULTS_TABLE)],
            group_name="estimates",
            description=said,
            kinds={"scikitlearn"},
        )
        for name, said in _OWN_TABLES.items()
    ],
)
def own_questions(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Ask the questions of the installation's own: never carried over, since their SQL may read any table."""
    from pipelines.estimating_own import write_own_questions

    with night.warehouse(context.run.run_id) as con:
        rows = write_own_questions(con, night.settings.home, context.log.info)
    for name in _OWN_TABLES:
        yield dg.MaterializeResult(asset_key=["estimates", name], metadata={"dagster/row_count": rows[name]})


_CLINIC_TABLES = one_row("estimates", "case_mix", "funnel", "clinic_courses")


def _write_clinics(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_clinics import write_clinic_comparison

    return write_clinic_comparison(con, say)


clinics = _together("clinics", _CLINIC_TABLES, _write_clinics)


@dg.asset_check(
    asset=asset_key("estimates.prognosis_performance"),
    name="leakage",
    description="No covariate alone, nor all together, tell the 12-week response from baseline with an AUC above 0.85: the future "
    "would have leaked in, and the prognosis is withheld.",
)
def prognosis_leakage(context: dg.AssetCheckExecutionContext, night: NightBuild) -> dg.AssetCheckResult:
    """Warn when the prognosis is withheld as too good to be true."""
    from pipelines.estimating_prognosis import suspected_leakage

    with night.warehouse(context.run.run_id) as con:
        wrong = suspected_leakage(con)
    return dg.AssetCheckResult(passed=wrong is None, severity=dg.AssetCheckSeverity.WARN, description=wrong)


estimate_contracts = [contract_check(f"estimates.{name}", contract) for name, contract in CONTRACTS.items()]
