"""Whom the results speak of: response, completed care, error of the prognosis and effects, by group.

Groups are those of sex, age band, deprivation, ethnicity and payer.

Shares have Wilson's interval; the others are means clustered by practitioner. Intervals of one measure hold for all its groups
together: each is at 1 - 0.05 / (groups told apart), after Bonferroni, because a difference among thirty groups is found by chance.
A group is refused when it is too small to say anything; that is said in words, for a group left out in silence is the unfair one.
The dimensions follow PROGRESS-Plus (O'Neill and others, J Clin Epidemiol 2014;67:56) as far as a clinic records them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.causal.features import BoolArray
from pipelines.causal.inference import clustered_mean, mean_over_repeats, wilson_interval
from pipelines.causal.tables import REAL, TEXT, WHOLE, as_table

FAIRNESS_COLUMNS = {
    "group_name": TEXT,
    "level": TEXT,
    "measure": TEXT,
    "contrast": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "n": WHOLE,
    "n_with": REAL,
    "status": TEXT,
    "reason": TEXT,
}
GROUPS = ("sex", "age_band", "deprivation", "ethnicity", "payer")
EVERYBODY = "all"
MINIMUM_IN_GROUP = 50
"""As many as a strategy of a trial must have: under it an interval says nothing (docs/methods.md, Refusals)."""
MINIMUM_PRACTITIONERS = 10
_ERROR_RATE = 0.05

Summary = Callable[[BoolArray, float], tuple[float, float, float, int, int | None] | str]
"""Of the rows of a group and a confidence level: (estimate, lower, upper, n, n with it), or the reason of a refusal in words."""


@dataclass(frozen=True)
class Measured:
    """One measure of a frame's rows: its name, its contrast ('' for all but effects) and how a group's rows become a number."""

    measure: str
    contrast: str
    strata: pd.DataFrame
    summary: Summary


def fairness_rows(measures: Iterable[Measured]) -> pd.DataFrame:
    """Return the rows of diagnostics.fairness; each measure is told for everybody and for every level of every group."""
    return as_table([pd.DataFrame(_rows_of(one)) for one in measures], FAIRNESS_COLUMNS)


def _rows_of(measured: Measured) -> list[dict[str, object]]:
    strata = measured.strata
    everybody = np.ones(len(strata), dtype=bool)
    levels = [(name, level) for name in GROUPS for level in sorted(strata[name].unique())]
    masks = [np.asarray(strata[name] == level) for name, level in levels]
    told = sum(not isinstance(measured.summary(mask, 0.95), str) for mask in masks)
    level_of_confidence = 1 - _ERROR_RATE / max(1, told)
    rows = [_row(measured, EVERYBODY, EVERYBODY, everybody, 0.95)]
    return rows + [
        _row(measured, name, level, mask, level_of_confidence)
        for (name, level), mask in zip(levels, masks, strict=True)
    ]


def _row(measured: Measured, name: str, level: str, mask: BoolArray, confidence: float) -> dict[str, object]:
    row: dict[str, object] = {
        "group_name": name,
        "level": level,
        "measure": measured.measure,
        "contrast": measured.contrast,
        "n": int(mask.sum()),
        "n_with": np.nan,
    }
    found = measured.summary(mask, confidence)
    if isinstance(found, str):
        return row | {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "status": "refused", "reason": found}
    estimate, lower, upper, n, n_with = found
    said = {"estimate": estimate, "lower": lower, "upper": upper, "n": n, "status": "estimated", "reason": None}
    return row | said | {"n_with": np.nan if n_with is None else n_with}


def share_of(measure: str, frame: pd.DataFrame, part: str, whole: str) -> Measured:
    """The share of `part` among the rows for which `whole` is true (boolean columns)."""
    rows = frame[frame[whole].to_numpy(dtype=bool)]
    has = rows[part].to_numpy(dtype=bool)

    def summary(mask: BoolArray, confidence: float) -> tuple[float, float, float, int, int | None] | str:
        n, n_with = int(mask.sum()), int(has[mask].sum())
        if n < MINIMUM_IN_GROUP:
            return f"Fewer than {MINIMUM_IN_GROUP} episodes."
        return n_with / n, *wilson_interval(n_with, n, confidence), n, n_with

    return Measured(measure, "", rows, summary)


def mean_of(measure: str, frame: pd.DataFrame, value: str) -> Measured:
    """The mean of a column, weighted by the column `weight` and clustered by `practitioner_key`."""
    values, weight = (frame[name].to_numpy(dtype=float) for name in (value, "weight"))
    practitioner = frame["practitioner_key"].to_numpy(dtype=object)

    def summary(mask: BoolArray, confidence: float) -> tuple[float, float, float, int, int | None] | str:
        if reason := _too_few(int(mask.sum()), practitioner[mask]):
            return reason
        found = clustered_mean(values[mask], practitioner[mask], weight[mask])
        return found.estimate, *found.interval(confidence), found.n, None

    return Measured(measure, "", frame, summary)


def effect_of(contrast: str, frame: pd.DataFrame) -> Measured:
    """The effect in a group: the mean of the differences of two arms' scores over its episodes.

    frame: a row an episode and repeat with episode_key, repeat, difference, practitioner_key, is_answer_of (the arm in which the
    outcome is known: 'treated', 'comparator' or None) and the groups' columns.
    """
    ordered = frame.sort_values(["episode_key", "repeat"], kind="stable")
    one = ordered.drop_duplicates("episode_key").reset_index(drop=True)
    draws = ordered["difference"].to_numpy(dtype=float).reshape(len(one), -1).T
    practitioner, arm = (one[name].to_numpy(dtype=object) for name in ("practitioner_key", "is_answer_of"))

    def summary(mask: BoolArray, confidence: float) -> tuple[float, float, float, int, int | None] | str:
        if min((arm[mask] == side).sum() for side in ("treated", "comparator")) < MINIMUM_IN_GROUP:
            return f"Fewer than {MINIMUM_IN_GROUP} known outcomes under one of the treatments."
        if reason := _too_few(int(mask.sum()), practitioner[mask]):
            return reason
        found = mean_over_repeats(draws[:, mask], practitioner[mask])
        return found.estimate, *found.interval(confidence), found.n, None

    return Measured("effect", contrast, one, summary)


def _too_few(n: int, practitioner: np.ndarray) -> str | None:
    if n < MINIMUM_IN_GROUP:
        return f"Fewer than {MINIMUM_IN_GROUP} episodes."
    if len(set(practitioner.tolist())) < MINIMUM_PRACTITIONERS:
        return f"Fewer than {MINIMUM_PRACTITIONERS} practitioners: no honest interval."
    return None
