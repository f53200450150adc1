"""RATE, the rank-weighted average treatment effect: do those who are said to gain more, gain more?

Yadlowsky, Fleming, Shah, Brunskill and Wager (2025), Evaluating treatment prioritization rules via rank-weighted
average treatment effects, J Am Stat Assoc 120:38. TOC(q) is the mean effect among the share q of highest priority
minus the mean effect of all; AUTOC is its area and Qini its area weighted by q.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.causal.features import FloatArray
from pipelines.causal.inference import Estimate, clustered_mean

AUTOC, QINI = "autoc", "qini"


def rank_weighted_effect(
    contrast: FloatArray, priority: FloatArray, practitioner: NDArray[np.object_], weighting: str = AUTOC
) -> Estimate:
    """Return AUTOC or Qini, in the outcome's units, with practitioner-clustered standard error.

    `contrast` (n,): treated minus comparator of doubly robust scores; `priority` (n,): the expected gain, learned
    without the row's own outcome. Rows of equal priority share the mean of their weights, so that their order is
    nothing. The standard error is that of the influence values, clustered as every mean is.
    Raises ValueError when there is no row, lengths differ, a value is not finite, or the weighting is unknown.
    """
    values = influence_values(contrast, priority, weighting)
    if len(practitioner) != len(values):
        raise ValueError(f"contrast and practitioner differ in length: {len(values)}, {len(practitioner)}")
    estimate = float(rank_weights(priority, weighting) @ contrast) / len(contrast)
    return replace(clustered_mean(values, practitioner), estimate=estimate)


def rank_weights(priority: FloatArray, weighting: str = AUTOC) -> FloatArray:
    """Return the weights (n,), of mean 0, whose mean product with the contrasts is AUTOC or Qini.

    Of the row ranked i from the top, AUTOC: the sum over j >= i of 1/j, minus 1; Qini: (n + 1 - 2 i) / (2 n).
    Rows of equal priority get the mean of theirs. Raises ValueError when the weighting is unknown.
    """
    _, tie, size = np.unique(-priority, return_inverse=True, return_counts=True)
    by_tie: FloatArray = _tie_means(_weights_by_rank(len(priority), weighting), size)[tie]
    return by_tie


def influence_values(contrast: FloatArray, priority: FloatArray, weighting: str = AUTOC) -> FloatArray:
    """Return each row's influence on AUTOC or Qini plus the estimate (n,): their mean is the estimate.

    The first part is the row's weighted contrast, the second how its presence moves the ranks of those behind it:
    the contrasts there times the step of the weights. Both are of contrasts less their mean, which changes nothing
    in the estimate and makes the influence free of the average effect.
    Raises ValueError when there is no row, lengths differ, a value is not finite, or the weighting is unknown.
    """
    n = len(contrast)
    if n == 0 or len(priority) != n:
        raise ValueError(f"contrast and priority must have rows and be of one length, found {n} and {len(priority)}")
    if not (np.isfinite(contrast).all() and np.isfinite(priority).all()):
        raise ValueError("contrast and priority must be finite")
    centred = contrast - contrast.mean()
    _, tie, size = np.unique(-priority, return_inverse=True, return_counts=True)
    by_rank = _weights_by_rank(n, weighting)
    tie_mean = np.bincount(tie, weights=centred) / size
    moved = np.diff(by_rank, append=by_rank[-1]) * np.repeat(tie_mean, size)
    behind = np.cumsum(moved[::-1])[::-1] - moved @ np.arange(1, n + 1) / n
    values: FloatArray = _tie_means(by_rank, size)[tie] * centred + _tie_means(behind, size)[tie]
    return values


def _weights_by_rank(n: int, weighting: str) -> FloatArray:
    rank = np.arange(1, n + 1)
    if weighting == AUTOC:
        return np.asarray(np.cumsum(1 / rank[::-1])[::-1] - 1, dtype=float)
    if weighting == QINI:
        return np.asarray((n + 1 - 2 * rank) / (2 * n), dtype=float)
    raise ValueError(f"weighting must be {AUTOC!r} or {QINI!r}, found {weighting!r}")


def _tie_means(by_rank: FloatArray, size: NDArray[np.intp]) -> FloatArray:
    """Return the mean over each tie of values in order of rank."""
    starts = np.cumsum(size) - size
    return np.asarray(np.add.reduceat(by_rank, starts) / size, dtype=float)
