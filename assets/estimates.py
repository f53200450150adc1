"""Effects of the target trials and the natural course: `pipelines.causal` on the tables of `cohort.*`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg
import duckdb

from pipelines.estimate_contracts import CONTRACTS
from pipelines.model_history import write_model_history
from pipelines.quality.history import history_source
from pipelines.quality.results import RESULTS_TABLE
from pipelines.resources import NightBuild
from pipelines.sql_assets import asset_key, contract_check
from pipelines.written_tables import one_row, written_tables

Say = Callable[[str], None]
Write = Callable[[duckdb.DuckDBPyConnection, Say], dict[str, int]]

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
_TRIAL_DEPS = [asset_key(table) for table in ("cohort.decision_trial", "cohort.index_trial", RESULTS_TABLE)]


@dg.multi_asset(
    name="estimates",
    specs=[
        dg.AssetSpec(
            ["estimates", name], deps=_TRIAL_DEPS, group_name="estimates", description=said, kinds={"scikitlearn"}
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
        rows = write_trial_estimates(con, context.log.info)
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


@dg.asset(
    key_prefix="estimates",
    deps=[asset_key("cohort.natural_course"), asset_key(RESULTS_TABLE)],
    group_name="estimates",
    description=written_tables()["estimates.natural_course"],
    kinds={"python"},
)
def natural_course(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Estimate the natural course of each clinic and of the network."""
    from pipelines.estimating import write_natural_course

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_natural_course(con)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


def _together(name: str, tables: Mapping[str, str], deps: Sequence[dg.AssetKey], write: Write) -> dg.AssetsDefinition:
    """Tables, with what one row of each is, that one function writes."""

    @dg.multi_asset(
        name=f"estimates__{name}",
        specs=[
            dg.AssetSpec(
                ["estimates", table], deps=deps, group_name="estimates", description=said, kinds={"scikitlearn"}
            )
            for table, said in tables.items()
        ],
    )
    def made(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
        with night.warehouse(context.run.run_id) as con:
            rows = write(con, context.log.info)
        for table in tables:
            yield dg.MaterializeResult(asset_key=["estimates", table], metadata={"dagster/row_count": rows[table]})

    return made


def _write_improvement(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_courses import write_improvement

    return write_improvement(con, say)


improvement = _together(
    "improvement",
    one_row("estimates", "improvement_curves", "improvement_effects"),
    [*_TRIAL_DEPS, asset_key("cohort.improvement")],
    _write_improvement,
)


@dg.asset(
    key_prefix="estimates",
    deps=[asset_key("cohort.sessions_to_improvement"), asset_key(RESULTS_TABLE)],
    group_name="estimates",
    description=written_tables()["estimates.sessions_to_improvement"],
    kinds={"python"},
)
def sessions_to_improvement(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Describe how many sessions came before improvement."""
    from pipelines.estimating_courses import write_sessions_to_improvement

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_sessions_to_improvement(con)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


@dg.asset(
    key_prefix="estimates",
    deps=[asset_key("cohort.index_trial"), asset_key("cohort.dose"), asset_key(RESULTS_TABLE)],
    group_name="estimates",
    description=written_tables()["estimates.dose_effects"],
    kinds={"scikitlearn"},
)
def dose_effects(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Estimate the contrasts of dose, or say why not."""
    from pipelines.estimating_courses import write_dose_effects

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_dose_effects(con, context.log.info)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


@dg.asset(
    key_prefix="estimates",
    deps=[asset_key("cohort.stepped_trial"), asset_key(RESULTS_TABLE)],
    group_name="estimates",
    description=written_tables()["estimates.regimes"],
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
        for table in (
            "cohort.decision_trial",
            "cohort.index_trial",
            "cohort.grace_visits",
            "cohort.sequential_trials",
            RESULTS_TABLE,
        )
    ],
    group_name="estimates",
    description=written_tables()["estimates.sensitivity"],
    kinds={"scikitlearn"},
)
def sensitivity(context: dg.AssetExecutionContext, night: NightBuild) -> dg.MaterializeResult[Any]:
    """Analyse the trials in other ways, to be read beside the main estimate."""
    from pipelines.estimating import write_sensitivity

    with night.warehouse(context.run.run_id) as con:
        n_rows = write_sensitivity(con, context.log.info)
    return dg.MaterializeResult(metadata={"dagster/row_count": n_rows})


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
_PROGNOSIS_DEPS = [
    asset_key(table) for table in ("cohort.conservative_care", "cohort.covariates", "cohort.index_trial", RESULTS_TABLE)
]


def _write_prognosis(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_prognosis import write_prognosis

    return write_prognosis(con, say)


prognosis = _together("prognosis", _PROGNOSIS_TABLES, _PROGNOSIS_DEPS, _write_prognosis)

_OWN_TABLES = one_row("estimates", "own_questions", "own_effects")


@dg.multi_asset(
    name="estimates__own_questions",
    specs=[
        dg.AssetSpec(
            ["estimates", name], deps=_TRIAL_DEPS, group_name="estimates", description=said, kinds={"scikitlearn"}
        )
        for name, said in _OWN_TABLES.items()
    ],
)
def own_questions(context: dg.AssetExecutionContext, night: NightBuild):  # type: ignore[no-untyped-def]
    """Ask the questions of the installation's own."""
    from pipelines.estimating_own import write_own_questions

    with night.warehouse(context.run.run_id) as con:
        rows = write_own_questions(con, night.settings.home, context.log.info)
    for name in _OWN_TABLES:
        yield dg.MaterializeResult(asset_key=["estimates", name], metadata={"dagster/row_count": rows[name]})


_CLINIC_TABLES = one_row("estimates", "case_mix", "funnel", "clinic_courses")
_CLINIC_DEPS = [
    asset_key(table)
    for table in ("cohort.outcomes", "cohort.covariates", "cohort.indicator_courses", "clean.outcome", RESULTS_TABLE)
]


def _write_clinics(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_clinics import write_clinic_comparison

    return write_clinic_comparison(con, say)


clinics = _together("clinics", _CLINIC_TABLES, _CLINIC_DEPS, _write_clinics)


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
