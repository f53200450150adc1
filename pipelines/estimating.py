"""Estimates as tables: read a trial's analysis table, estimate, write `estimates.*`. The statistics are `pipelines.causal`."""

from collections.abc import Callable

import duckdb
import pandas as pd

from pipelines.causal.effects import estimate_trial
from pipelines.causal.survival import natural_course
from pipelines.causal.tables import (
    EFFECT_COLUMNS,
    EPISODE_EFFECT_COLUMNS,
    NATURAL_COURSE_COLUMNS,
    REAL,
    SCORE_COLUMNS,
    TEXT,
    WHOLE,
)
from pipelines.causal.trials import TRIALS

_COLUMNS = {
    "effects": EFFECT_COLUMNS,
    "scores": SCORE_COLUMNS,
    "episode_effects": EPISODE_EFFECT_COLUMNS,
    "natural_course": NATURAL_COURSE_COLUMNS,
}
_SQL_TYPES = {TEXT: "varchar", WHOLE: "bigint", REAL: "double"}
TRIAL_TABLES = ("effects", "scores", "episode_effects")
_ORDER = {
    "effects": "trial, outcome, contrast, group_name, group_level",
    "scores": "trial, outcome, arm, episode_key, repeat",
    "episode_effects": "trial, outcome, contrast, episode_key",
    "natural_course": "source, clinic_code, day",
}


def write_trial_estimates(con: duckdb.DuckDBPyConnection, say: Callable[[str], None]) -> dict[str, int]:
    """Estimate every trial from `cohort.<trial>_trial` and replace its tables; returns rows by table."""
    estimates = [
        estimate_trial(con.execute(f"select * from cohort.{name}_trial order by episode_key").df(), trial, say)
        for name, trial in TRIALS.items()
    ]
    return {
        table: _write(con, table, pd.concat([getattr(one, table) for one in estimates], ignore_index=True))
        for table in TRIAL_TABLES
    }


def write_natural_course(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `estimates.natural_course`; returns its rows."""
    episodes = con.execute("select * from cohort.natural_course order by episode_key").df()
    return _write(con, "natural_course", natural_course(episodes))


def _write(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> int:
    con.register("estimated", frame)
    columns = ", ".join(f"cast({name} as {_SQL_TYPES[kind]}) as {name}" for name, kind in _COLUMNS[table].items())
    con.execute(
        f"create or replace table estimates.{table} as select {columns} from estimated order by {_ORDER[table]}"
    ).fetchall()
    con.unregister("estimated")
    return len(frame)
