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
        "cohort.episodes", "cohort.outcomes", "cohort.covariates", "cohort.indicator_courses", "clean.outcome"
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


_TABLES = {
    "effects": "One row an estimate: effect with 95 % interval, or a refusal with its reason and how many episodes would tell. "
    "Positive is better for adding manipulation; points of the scale or risk difference.",
    "arm_means": "One row an outcome and arm of an estimated contrast: the mean outcome had everybody been given the arm.",
    "scores": "Restricted. One row an episode, arm and repeat: the doubly robust scores that every effect is a mean of.",
    "episode_effects": "Restricted. One row an episode and contrast: expected gain with interval and label.",
    "heterogeneity": "One row a contrast and test: do patients differ in what they gain, and may that be shown?",
    "rule_values": "One row an outcome: what a rule learned this way is worth against the best single treatment, out of fold.",
    "rules": "Restricted unless is_shown. One row a node of the rule of at most two questions.",
    "models": "One row a figure of a model: out-of-fold quality and the weights of its stack.",
    "model_history": "One row a night and figure of a model: how good the models were, carried on by each night.",
    "notices": "One row a figure of a model that is worse than on the night before, by the rule of pipelines.model_history.",
}
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
    {
        "improvement_curves": "Share with sustained improvement by day from time zero under each strategy "
        "(Aalen-Johansen, weighted for the arm and for those lost), with injection or surgery competing.",
        "improvement_effects": "One row a contrast and reading of these curves: the difference of shares by 4, 8 and 12 "
        "weeks and of the mean days improved, or a refusal with its reason.",
    },
    _write_improvement,
)


def _write_natural_course(con: duckdb.DuckDBPyConnection, _: Say) -> dict[str, int]:
    from pipelines.estimating import write_natural_course

    return {"natural_course": write_natural_course(con)}


natural_course = _together(
    "natural_course",
    {
        "natural_course": "Share with 30 % less pain by day on conservative care (Aalen-Johansen), with a step-up competing.",
    },
    _write_natural_course,
    "python",
)


def _write_sessions_to_improvement(con: duckdb.DuckDBPyConnection, _: Say) -> dict[str, int]:
    from pipelines.estimating_courses import write_sessions_to_improvement

    return {"sessions_to_improvement": write_sessions_to_improvement(con)}


sessions_to_improvement = _together(
    "sessions_to_improvement",
    {
        "sessions_to_improvement": "Share improved after so many sessions by arm (Aalen-Johansen), with care that ended "
        "competing. Described, not an effect.",
    },
    _write_sessions_to_improvement,
    "python",
)


def _write_dose_effects(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_courses import write_dose_effects

    return {"dose_effects": write_dose_effects(con, say)}


dose_effects = _together(
    "dose_effects",
    {
        "dose_effects": "One row a contrast of dose (technique, sessions): an effect where the treatments overlap, else a "
        "refusal.",
    },
    _write_dose_effects,
)


def _write_regimes(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating import write_regimes

    return {"regimes": write_regimes(con, say)}


regimes = _together(
    "regimes",
    {
        "regimes": "One row an outcome and regime of the stepped trial (the mean outcome had everybody been treated by it) or "
        "difference of two, with 95 % interval, or a refusal with its reason.",
    },
    _write_regimes,
)


def _write_sensitivity(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating import write_sensitivity

    return {"sensitivity": write_sensitivity(con, say)}


sensitivity = _together(
    "sensitivity",
    {
        "sensitivity": "One row a trial, outcome, contrast and analysis in another way than the main one (cloning, censoring "
        "and weighting for the grace period; of the decision also sequential trials pooled), with 95 % interval, or a refusal "
        "with its reason.",
    },
    _write_sensitivity,
)


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


_PROGNOSIS_TABLES = {
    "prognosis": "Restricted. One row an eligible episode: probability of 30 % less disability at 12 weeks under conservative "
    "care, out of fold, with its band. A prognosis, never an indication for manipulation.",
    "prognosis_performance": "One row a predictor, validation, clinic and figure: AUC, observed to expected, slope, Brier score.",
    "prognosis_calibration": "One row a predictor and group of rising probability: predicted and observed.",
    "decision_curve": "One row a strategy and threshold: net benefit of acting on those not expected to improve.",
    "prognosis_points": "One row an item and band of the points table, fitted on all known responses.",
    "prognosis_risks": "One row a total of the points table: the probability that it stands for.",
}


def _write_prognosis(con: duckdb.DuckDBPyConnection, say: Say) -> dict[str, int]:
    from pipelines.estimating_prognosis import write_prognosis

    return write_prognosis(con, say)


prognosis = _together("prognosis", _PROGNOSIS_TABLES, _write_prognosis)

_CLINIC_TABLES = {
    "case_mix": "One row a clinic and adjusted measure (QI-12, QI-13, QI-14): observed, expected, standardised, drawn to "
    "the network, signal.",
    "funnel": "One row an adjusted measure and effective number of episodes: the limits of the funnel.",
    "clinic_courses": "One row a clinic and measure of time to improvement or step-up (QI-15, QI-16, QI-19).",
}


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
