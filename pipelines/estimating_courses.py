"""Courses and dose as tables: sustained improvement by strategy, sessions to improvement, contrasts of dose."""

from collections.abc import Callable

import duckdb
import pandas as pd

from pipelines.causal.dose import dose_effects
from pipelines.causal.improvement import estimate_improvement
from pipelines.causal.session_course import sessions_to_improvement
from pipelines.causal.tables import (
    EFFECT_COLUMNS,
    IMPROVEMENT_CURVE_COLUMNS,
    IMPROVEMENT_EFFECT_COLUMNS,
    SESSION_COURSE_COLUMNS,
)
from pipelines.causal.trials import DECISION, INDEX
from pipelines.estimating import write_estimates


def write_improvement(con: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> dict[str, int]:
    """Estimate sustained improvement in both trials and replace its two tables; returns rows by table."""
    estimates = []
    for trial in (DECISION, INDEX):
        frame = con.execute(f"select * from cohort.{trial.id}_trial order by episode_key").df()
        courses = con.execute(
            "select episode_key, event, days_to_event from cohort.improvement where trial = ? order by episode_key",
            [trial.id],
        ).df()
        say(f"sustained improvement, {trial.id}")
        estimates.append(estimate_improvement(frame, trial, courses, say=say))
    curves = pd.concat([one.curves for one in estimates], ignore_index=True)
    effects = pd.concat([one.effects for one in estimates], ignore_index=True)
    return {
        "improvement_curves": write_estimates(
            con, "improvement_curves", curves, IMPROVEMENT_CURVE_COLUMNS, "trial, arm, day"
        ),
        "improvement_effects": write_estimates(
            con, "improvement_effects", effects, IMPROVEMENT_EFFECT_COLUMNS, "trial, contrast, measure, day"
        ),
    }


def write_sessions_to_improvement(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `estimates.sessions_to_improvement`; returns its rows."""
    episodes = con.execute("select * from cohort.sessions_to_improvement order by episode_key, improvement").df()
    course = sessions_to_improvement(episodes)
    return write_estimates(con, "sessions_to_improvement", course, SESSION_COURSE_COLUMNS, "improvement, arm, sessions")


def write_dose_effects(con: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> int:
    """Estimate or refuse the contrasts of dose and replace `estimates.dose_effects`; returns its rows."""
    frame = con.execute("select * from cohort.index_trial order by episode_key").df()
    dose = con.execute(
        "select episode_key, technique_by_day14, sessions_by_day14 from cohort.dose order by episode_key"
    ).df()
    effects = dose_effects(frame, dose, say)
    return write_estimates(con, "dose_effects", effects, EFFECT_COLUMNS, "trial, outcome, contrast")
