"""Candidate thresholds of features, and sums of scores over the intervals between them, for the exact tree search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.causal.features import FloatArray


@dataclass(frozen=True)
class Candidates:
    """A feature's candidate thresholds (observed values, ascending) and each row's interval (n,): the number of
    thresholds at or under its value. A missing value is in interval 0, below every threshold."""

    thresholds: FloatArray
    interval: NDArray[np.intp]

    @property
    def intervals(self) -> int:
        """Return how many intervals the thresholds make."""
        return len(self.thresholds) + 1


def candidates(values: FloatArray, limit: int | None, least: int) -> Candidates:
    """Return the thresholds of a feature (n,) that can be asked for when a leaf holds at least `least` rows.

    A threshold with fewer rows on one side could never make two leaves. Of more than `limit` (None: no limit) those at
    evenly spaced ranks between the lowest and the highest are taken. The least value is none: it would only ask
    whether the feature was recorded. Raises ValueError on an infinite value.
    """
    recorded = np.sort(values[~np.isnan(values)])
    if not np.isfinite(recorded).all():
        raise ValueError("a feature is infinite")
    chosen = np.unique(recorded)[1:]
    at_least = len(recorded) - np.searchsorted(recorded, chosen)
    chosen = chosen[(at_least >= least) & (len(values) - at_least >= least)]
    if limit is not None and len(chosen) > limit:
        between = recorded[(recorded >= chosen[0]) & (recorded <= chosen[-1])]
        chosen = np.unique(np.quantile(between, np.linspace(0, 1, limit), method="higher"))
    interval = np.searchsorted(chosen, values, side="right")
    interval[np.isnan(values)] = 0
    return Candidates(chosen, interval)


@dataclass(frozen=True)
class SplitTables:
    """Leaf values of every pair of thresholds. `features`: the candidates; `relative` (arms - 1, n): scores less those
    of the first arm, which every tree gets at least; `least`: fewest rows of a leaf."""

    features: tuple[Candidates, ...]
    relative: FloatArray
    least: int

    def one_question(self, f: int) -> tuple[FloatArray, FloatArray]:
        """Return the leaf values below and at least each threshold of feature f, (thresholds,) each."""
        code, size = self.features[f].interval, self.features[f].intervals
        counts, sums = self._sums(code, (size,))
        below, below_sums = counts[:-1], sums[:, :-1]
        return self._leaf_values(below, below_sums), self._leaf_values(counts[-1] - below, sums[:, -1:] - below_sums)

    def two_questions(self, f: int, g: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the leaf values (thresholds of f, thresholds of g): both below; f below and g at least; f at least
        and g below; both at least."""
        first, second = self.features[f], self.features[g]
        counts, sums = self._sums(
            first.interval * second.intervals + second.interval, (first.intervals, second.intervals)
        )
        quarters = zip(_quarters(counts), _quarters(sums), strict=True)
        both_below, f_below, g_below, none_below = (self._leaf_values(count, total) for count, total in quarters)
        return both_below, f_below, g_below, none_below

    def _sums(self, code: NDArray[np.intp], shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
        """Return counts (shape) and sums (arms - 1, shape) of the rows up to each interval, along every axis."""
        cells = int(np.prod(shape))
        counts = np.bincount(code, minlength=cells).astype(float).reshape(shape)
        sums = np.empty((len(self.relative), cells))
        for arm, scores in enumerate(self.relative):
            sums[arm] = np.bincount(code, weights=scores, minlength=cells)
        sums = sums.reshape(len(self.relative), *shape)
        for axis in range(-len(shape), 0):
            counts, sums = counts.cumsum(axis), sums.cumsum(axis)
        return counts, sums

    def _leaf_values(self, counts: FloatArray, sums: FloatArray) -> FloatArray:
        return np.where(counts >= self.least, sums.max(axis=0, initial=0.0), -np.inf)


def _quarters(up_to: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return what lies in the four quarters of a table that is cumulated along its last two axes."""
    both = up_to[..., :-1, :-1]
    first, second = up_to[..., :-1, -1:], up_to[..., -1:, :-1]
    return both, first - both, second - both, up_to[..., -1:, -1:] - first - second + both
