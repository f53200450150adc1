"""Weighted cumulative incidence of several arms with competing events, and intervals that respect practitioners.

Aalen-Johansen on weighted counts (weights by arm and by interval of follow-up: Cole and Hernan 2004 for survival
curves). Variances are jackknifes that leave out one practitioner at a time, with the weights held fixed, which is
conservative; the interval is never narrower than that of episodes left out in 100 groups, as in `inference`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import t

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.inference import Estimate
from pipelines.causal.overlap import effective_n
from pipelines.causal.survival import COMPETING, EVENT

EPISODE_GROUPS = 100


@dataclass(frozen=True)
class Courses:
    """Episodes (n,): `arm` and `practitioner` are codes, `day` whole days to `event` (0 lost, 1 the event, 2 the
    competing one), `weight` (n, days) of each day of follow-up up to the horizon. Events go before losses of a day."""

    arm: IntArray
    practitioner: IntArray
    day: IntArray
    event: IntArray
    weight: FloatArray


@dataclass(frozen=True)
class WeightedIncidence:
    """Curves of one arm on the days 0 to the horizon (d,), and the same curves with a group left out (groups, d)."""

    incidence: FloatArray
    competing: FloatArray
    n_at_risk: IntArray
    without_practitioner: FloatArray
    without_episodes: FloatArray
    n: int
    practitioner_sizes: FloatArray

    def estimate(self, read: FloatArray) -> Estimate:
        """Return the linear reading `read` (d,) of the curve, for example its value on a day."""
        return _estimate(self, read, None)

    def minus(self, comparator: WeightedIncidence, read: FloatArray) -> Estimate:
        """Return the reading of this arm minus that of the comparator, which some of the practitioners share."""
        return _estimate(self, read, comparator)


def weighted_incidence(courses: Courses, arm: int) -> WeightedIncidence:
    """Return the weighted Aalen-Johansen curve of an arm; with weights of 1 it is `survival.cumulative_incidence`."""
    rows = courses.arm == arm
    days, n_days = courses.day[rows], courses.weight.shape[1]
    n_practitioners = int(courses.practitioner.max(initial=-1)) + 1
    group = np.arange(len(courses.arm)) % EPISODE_GROUPS
    by_practitioner = _tables(courses, rows, courses.practitioner, n_practitioners)
    by_group = _tables(courses, rows, group, EPISODE_GROUPS)
    whole = _curves(*(table.sum(axis=0, keepdims=True) for table in by_practitioner))
    return WeightedIncidence(
        incidence=whole[0][0],
        competing=whole[1][0],
        n_at_risk=np.array([(days >= day).sum() for day in range(n_days)], dtype=np.int64),
        without_practitioner=_left_out(by_practitioner),
        without_episodes=_left_out(by_group),
        n=int(rows.sum()),
        practitioner_sizes=np.bincount(courses.practitioner[rows], minlength=n_practitioners).astype(float),
    )


def on_day(day: int, n_days: int) -> FloatArray:
    """Return the reading of a curve on a day."""
    return np.asarray(np.arange(n_days) == day, dtype=float)


def days_until(day: int, n_days: int) -> FloatArray:
    """Return the reading that is the mean number of days spent after the event by a day.

    The area under the cumulative incidence (restricted mean time lost: Andersen, Statistics in Medicine 2013).
    """
    return np.asarray(np.arange(n_days) < day, dtype=float)


def _tables(
    courses: Courses, rows: BoolArray, group: IntArray, n_groups: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted events, competing events and numbers at risk, each (groups, days)."""
    n_days = courses.weight.shape[1]
    events, competing, at_risk = (np.zeros((n_groups, n_days)) for _ in range(3))
    own, day, event, weight = group[rows], courses.day[rows], courses.event[rows], courses.weight[rows]
    for d in range(n_days):
        ends = day == d
        for table, inside in (
            (events, ends & (event == EVENT)),
            (competing, ends & (event == COMPETING)),
            (at_risk, day >= d),
        ):
            table[:, d] = np.bincount(own[inside], weights=weight[inside, d], minlength=n_groups)
    return events, competing, at_risk


def _curves(events: FloatArray, competing: FloatArray, at_risk: FloatArray) -> tuple[FloatArray, FloatArray]:
    followed = at_risk > 1e-9
    first, other = (np.divide(x, at_risk, out=np.zeros_like(x), where=followed) for x in (events, competing))
    survival = np.cumprod(np.clip(1 - first - other, 0.0, 1.0), axis=1)
    before = np.hstack([np.ones((len(survival), 1)), survival[:, :-1]])
    return np.cumsum(before * first, axis=1), np.cumsum(before * other, axis=1)


def _left_out(tables: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
    return _curves(*(np.maximum(table.sum(axis=0) - table, 0.0) for table in tables))[0]


def _estimate(arm: WeightedIncidence, read: FloatArray, comparator: WeightedIncidence | None) -> Estimate:
    curve, by_practitioner, by_group = arm.incidence, arm.without_practitioner, arm.without_episodes
    sizes, n = arm.practitioner_sizes, arm.n
    if comparator is not None:
        curve = curve - comparator.incidence
        by_practitioner = by_practitioner - comparator.without_practitioner
        by_group = by_group - comparator.without_episodes
        sizes, n = sizes + comparator.practitioner_sizes, n + comparator.n
    value, treating = float(curve @ read), sizes > 0
    if treating.sum() < 2:
        return Estimate(value, float("nan"), float("nan"), n, int(treating.sum()))
    clustered = _jackknife(by_practitioner[treating] @ read), effective_n(sizes) - 1
    independent = _jackknife(by_group @ read), float(EPISODE_GROUPS - 1)
    error, degrees = max(clustered, independent, key=lambda one: one[0] * float(t.ppf(0.975, one[1])))
    return Estimate(value, error, degrees, n, int(treating.sum()))


def _jackknife(values: FloatArray) -> float:
    """Return the standard error from the values with each group left out (Tukey 1958)."""
    groups = len(values)
    return sqrt((groups - 1) / groups * float(np.sum((values - values.mean()) ** 2)))
