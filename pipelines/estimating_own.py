"""The own questions of an installation as tables: `estimates.own_questions` and `estimates.own_effects`."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from pipelines.estimating import write_estimates
from pipelines.own_questions.asking import OWN_EFFECT_COLUMNS, OWN_QUESTION_COLUMNS, ask_all
from pipelines.own_questions.reading import read_questions


def write_own_questions(con: duckdb.DuckDBPyConnection, home: Path, say: Callable[[str], None]) -> dict[str, int]:
    """Ask every question of `<home>/questions` of the night's tables and replace the two tables; returns rows by table."""
    asked, effects = ask_all(con, read_questions(home), say)
    order = "question, trial, outcome, contrast, group_name, group_level"
    return {
        "own_questions": write_estimates(con, "own_questions", asked, OWN_QUESTION_COLUMNS, "question"),
        "own_effects": write_estimates(con, "own_effects", effects, OWN_EFFECT_COLUMNS, order),
    }
