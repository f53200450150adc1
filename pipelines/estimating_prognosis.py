"""The prognosis under conservative care as tables. The statistics are `pipelines.prognosis`."""

from collections.abc import Callable
from dataclasses import fields

import duckdb

from pipelines.estimating import write_estimates
from pipelines.prognosis.estimate import WITHHELD, PrognosisEstimates, estimate_prognosis
from pipelines.prognosis.protocol import CONSERVATIVE_CARE
from pipelines.prognosis.tables import (
    CALIBRATION_COLUMNS,
    CURVE_COLUMNS,
    PERFORMANCE_COLUMNS,
    POINTS_COLUMNS,
    PROGNOSIS_COLUMNS,
    RISKS_COLUMNS,
)

_EPISODES = """
select trial.*, covariate.episode_duration_days, covariate.start_risk, care.is_conservative_12wk
from cohort.index_trial as trial
inner join cohort.covariates as covariate on trial.episode_key = covariate.episode_key
inner join cohort.conservative_care as care on trial.episode_key = care.episode_key
order by trial.episode_key
"""
_TABLES = {
    "prognosis": (PROGNOSIS_COLUMNS, "episode_key"),
    "prognosis_performance": (PERFORMANCE_COLUMNS, "predictor, validation, clinic_code, figure"),
    "prognosis_calibration": (CALIBRATION_COLUMNS, "predictor, group_no"),
    "decision_curve": (CURVE_COLUMNS, "strategy, threshold"),
    "prognosis_points": (POINTS_COLUMNS, "item, points, band"),
    "prognosis_risks": (RISKS_COLUMNS, "total"),
}


def write_prognosis(con: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> dict[str, int]:
    """Estimate the prognosis from the index trial's episodes and replace its tables; returns rows by table."""
    episodes = con.execute(_EPISODES).df()
    say(f"prognosis: {len(episodes)} episodes, each clinic left out in turn")
    found = estimate_prognosis(episodes, CONSERVATIVE_CARE)
    return {
        field.name: write_estimates(con, field.name, getattr(found, field.name), *_TABLES[field.name])
        for field in fields(PrognosisEstimates)
    }


def suspected_leakage(con: duckdb.DuckDBPyConnection) -> str | None:
    """Why the prognosis is withheld as too good to be true, else None."""
    told = con.execute(
        "select min(reason) from estimates.prognosis_performance where status = 'refused' and starts_with(reason, ?)",
        [WITHHELD],
    ).fetchone()
    return told[0] if told else None
