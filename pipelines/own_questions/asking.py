"""Asking the own questions of a night: their SQL is read like ours, and what cannot be asked is a refusal with its reason."""

import re
from collections.abc import Callable, Sequence

import duckdb
import pandas as pd

from pipelines.causal.effects import estimate_trial
from pipelines.causal.group_rows import members
from pipelines.causal.tables import EFFECT_COLUMNS, TEXT, as_table
from pipelines.errors import UsageError
from pipelines.own_questions.question import Question
from pipelines.own_questions.reading import Unreadable
from pipelines.tables import other_sources, tables_read

OWN_EFFECT_COLUMNS = {"question": TEXT, **EFFECT_COLUMNS}
OWN_QUESTION_COLUMNS = {
    "question": TEXT,
    "starts_from": TEXT,
    "why": TEXT,
    "status": TEXT,
    "reason": TEXT,
    "sha256": TEXT,
}

BY_TIME_ZERO = {
    "index": (
        "clean.intake",
        "cohort.covariates",
        "cohort.examinations",
        "cohort.blood_tests",
        "cohort.imaging",
        "cohort.imaging_levels",
        "cohort.red_flags",
        "cohort.screening",
        "cohort.contraindications",
    ),
    "decision": ("cohort.index_arms", "cohort.early_course"),
}
"""What a covariate may be read from: tables of what was known on day 0, and for the decision of its first four weeks too."""

_OF_NAMES = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.PermissionException)
_OF_VALUES = (
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
    duckdb.TypeMismatchException,
)

_LATER = re.compile(r"\bobserved_through_day\b", re.IGNORECASE)
"""The one column of intake that is known only later."""


def ask_all(
    con: duckdb.DuckDBPyConnection, questions: Sequence[Question | Unreadable], say: Callable[[str], None]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(own questions, own effects): a row a question with its status, a row an effect. One that cannot be asked stops no other."""
    asked, effects = [], []
    for one in questions:
        reason = one.reason if isinstance(one, Unreadable) else ""
        starts_from, why = ("", "") if isinstance(one, Unreadable) else (one.starts_from, one.why)
        if isinstance(one, Question):
            say(f"own question {one.id}")
            try:
                effects.append(ask(con, one).assign(question=one.id))
            except (UsageError, ValueError) as error:
                reason = str(error)
        if reason:
            say(f"own question {one.id}: refused: {reason}")
        status = "refused" if reason else "asked"
        asked.append(
            dict(zip(OWN_QUESTION_COLUMNS, (one.id, starts_from, why, status, reason, one.sha256), strict=True))
        )
    return as_table([pd.DataFrame(asked)], OWN_QUESTION_COLUMNS), as_table(effects, OWN_EFFECT_COLUMNS)


def ask(con: duckdb.DuckDBPyConnection, question: Question) -> pd.DataFrame:
    """The effects of one question, as rows of estimates.effects; raises UsageError when its SQL cannot be used."""
    trial = question.target_trial()
    return estimate_trial(frame_of(con, question), trial).effects


def frame_of(con: duckdb.DuckDBPyConnection, question: Question) -> pd.DataFrame:
    """The analysis table of the trial that the question starts from, with what the question adds, by episode.

    Raises UsageError when SQL is not one SELECT, reads what it may not, or does not return one row an episode.
    """
    base = question.starts_from
    frame = con.execute(f"select * from cohort.{base}_trial order by episode_key").df()
    for covariate in question.covariate:
        _must_read_by_time_zero(covariate.name, covariate.sql, base)
        frame = _joined(con, frame, covariate.name, covariate.sql, {covariate.name: covariate.name})
    for outcome in question.outcome:
        columns = {outcome.name: outcome.name, "is_due": outcome.due_column}
        frame = _joined(con, frame, outcome.name, outcome.sql, columns)
    if question.trial is not None:
        frame = _joined(con, frame.drop(columns="arm"), "trial", question.trial.sql, {"arm": "arm"})
    for group in question.target_trial().groups:
        if not members(frame, group).any():
            raise UsageError(f"{group.name}: nobody has {group.column} like that. Its codes are in the data dictionary")
    return frame


def _must_read_by_time_zero(name: str, sql: str, base: str) -> None:
    allowed = {*BY_TIME_ZERO["index"], *BY_TIME_ZERO[base]}
    if late := sorted(set(_tables(name, sql)) - allowed):
        raise UsageError(
            f"{name}: a covariate is read from what was known by time zero, not from {', '.join(late)}. There are "
            f"{', '.join(sorted(allowed))}"
        )
    if _LATER.search(sql):
        raise UsageError(f"{name}: observed_through_day is known only later and cannot be a covariate")


def _tables(name: str, sql: str) -> tuple[str, ...]:
    try:
        return tables_read(sql)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None


def _joined(
    con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, name: str, sql: str, columns: dict[str, str]
) -> pd.DataFrame:
    """The frame with the columns that `sql` returns, under their new names, NULL for episodes it does not return."""
    if strange := sorted(table for table in _tables(name, sql) if not table.startswith(("cohort.", "clean."))):
        raise UsageError(f"{name}: it reads {', '.join(strange)}; own questions are asked of cohort.* and clean.*")
    if others := sorted(set(other_sources(sql)) - {"unnest", "range", "generate_series"}):
        raise UsageError(
            f"{name}: it reads from {', '.join(others)}; own questions read tables of cohort.* and clean.* alone"
        )
    if taken := sorted({*columns.values()} & {*frame}):
        raise UsageError(f"{name}: the trial has {', '.join(taken)} already: choose another name")
    try:
        found = con.execute(f"select * from (\n{sql}\n)").df()
    except _OF_NAMES as error:
        raise UsageError(f"{name}: its SQL did not run ({str(error).splitlines()[0]})") from None
    except _OF_VALUES:  # without DuckDB's message, which quotes the value
        raise UsageError(f"{name}: its SQL could not work out a value. Use try_cast, and look at divisions") from None
    if missing := sorted({"episode_key", *columns} - {*found}):
        raise UsageError(f"{name}: its SQL does not return {', '.join(missing)}")
    if found["episode_key"].duplicated().any():
        raise UsageError(f"{name}: its SQL returns an episode twice; it must return one row an episode")
    return frame.merge(found[["episode_key", *columns]].rename(columns=columns), on="episode_key", how="left")
