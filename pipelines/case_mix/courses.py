"""Times to improvement and to step-up by clinic, with what competes (Aalen-Johansen): indicators QI-15, QI-16 and QI-19."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.case_mix.tables import COURSE_COLUMNS
from pipelines.causal.survival import CENSORED, COMPETING, EVENT, LEAST_EPISODES, cumulative_incidence
from pipelines.causal.tables import as_table

EVENT_CODES = {"censored": CENSORED, "reached": EVENT, "competing": COMPETING}
TOO_FEW = "Fewer than 20 episodes."
NOT_REACHED = "Fewer than half reached it in the time that was seen."
NETWORK = "network"


@dataclass(frozen=True)
class CourseMeasures:
    """What is told of one indicator's course: the median and the share by these times (days or sessions)."""

    median: str
    shares: dict[str, float]


COURSES = {
    "QI-15": CourseMeasures("median day of sustained improvement", {"improved by day 90": 90}),
    "QI-16": CourseMeasures("median sessions to improvement", {}),
    "QI-19": CourseMeasures(
        "median day of step-up", {"stepped up by day 28": 28, "stepped up by day 42": 42, "stepped up by day 84": 84}
    ),
}


def clinic_courses(episodes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of estimates.clinic_courses: by clinic and for all ('network') the median and chosen shares.

    `episodes` has indicator, clinic_code, event ('reached', 'competing', 'censored') and time_to_event. Fewer than 20 episodes are
    refused. Raises ValueError as `survival.cumulative_incidence`.
    """
    rows: list[dict[str, object]] = []
    for indicator, course in COURSES.items():
        own = episodes[episodes["indicator"] == indicator]
        for code, part in [*own.groupby("clinic_code", sort=True), (NETWORK, own)]:
            rows += [row | {"indicator": indicator, "clinic_code": str(code)} for row in _measures(part, course)]
    return as_table([pd.DataFrame(rows)], COURSE_COLUMNS)


def _measures(episodes: pd.DataFrame, course: CourseMeasures) -> Iterator[dict[str, object]]:
    empty = {"n": len(episodes), "estimate": np.nan, "lower": np.nan, "upper": np.nan}
    if len(episodes) < LEAST_EPISODES:
        for measure in (course.median, *course.shares):
            yield empty | {"measure": measure, "status": "refused", "reason": TOO_FEW}
        return
    curve = cumulative_incidence(episodes["time_to_event"].to_numpy(dtype=float), episodes["event"].map(EVENT_CODES))
    values = [(course.median, (curve.median, curve.median_lower, curve.median_upper))]
    values += [(measure, curve.at(time)) for measure, time in course.shares.items()]
    for measure, (estimate, lower, upper) in values:
        is_known = np.isfinite(estimate)
        yield empty | {
            "measure": measure,
            "status": "estimated" if is_known else "refused",
            "reason": None if is_known else NOT_REACHED,
            "estimate": estimate,
            "lower": lower,
            "upper": upper if is_known else np.nan,
        }
