"""Means of scores with practitioner-clustered intervals, and the Wilson interval of a share.

Variance and degrees of freedom are the bias-reduced ones of Bell and McCaffrey (2002) written out for a mean:
each practitioner's sum of residuals is divided by sqrt(1 - share of the weight). With practitioners of equal size
this is exactly the usual G / (G - 1) correction with t(G - 1); with unequal sizes there are fewer degrees of freedom.

The interval is never narrower than that of independent scores (the wider of the two, after Angrist and Pischke 2009,
section 8.2).
Practitioner effects learned on the other folds leave scores that fall back within a practitioner, which can make the
clustered variance alone too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import overload

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from pipelines.causal.features import FloatArray
from pipelines.causal.keys import numbered


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean of scores: estimate, standard error and t quantiles' degrees of freedom (NaN below two practitioners)."""

    estimate: float
    standard_error: float
    degrees_of_freedom: float
    n: int
    n_practitioners: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided interval at this level; (NaN, NaN) when there is no standard error."""
        if not np.isfinite(self.standard_error):
            return float("nan"), float("nan")
        half = float(stdtrit(self.degrees_of_freedom, 0.5 + level / 2)) * self.standard_error
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True, slots=True, eq=False)
class Estimates(Sequence[Estimate]):
    """Many estimates from the same n rows and practitioners as arrays (k,): a million objects would take minutes and gigabytes."""

    estimate: FloatArray
    standard_error: FloatArray
    degrees_of_freedom: FloatArray
    n: int
    n_practitioners: int

    def __len__(self) -> int:
        return len(self.estimate)

    @overload
    def __getitem__(self, at: int) -> Estimate: ...

    @overload
    def __getitem__(self, at: slice) -> Estimates: ...

    def __getitem__(self, at: int | slice) -> Estimate | Estimates:
        value, error, degrees = self.estimate[at], self.standard_error[at], self.degrees_of_freedom[at]
        if isinstance(at, slice):
            return Estimates(value, error, degrees, self.n, self.n_practitioners)
        return Estimate(float(value), float(error), float(degrees), self.n, self.n_practitioners)

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return the limits (k,) of each; NaN where there is no standard error."""
        degrees, code = np.unique(self.degrees_of_freedom, return_inverse=True)
        half = stdtrit(degrees, 0.5 + level / 2)[code] * self.standard_error
        half = np.where(np.isfinite(self.standard_error), half, np.nan)
        return self.estimate - half, self.estimate + half


def clustered_mean(scores: FloatArray, practitioner: NDArray[np.object_], weight: FloatArray | None = None) -> Estimate:
    """Return the (weighted) mean of `scores` (n,) with its practitioner-clustered standard error."""
    n = len(scores)
    if n == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0, 0)
    w = np.ones(n) if weight is None else weight
    keys, code = numbered(practitioner)
    mean = float(np.average(scores, weights=w))
    if len(keys) < 2:
        return Estimate(mean, float("nan"), float("nan"), n, len(keys))
    share = np.bincount(code, weights=w) / w.sum()
    residual_sum = np.bincount(code, weights=w * (scores - mean)) / w.sum()
    independent = float(np.sum((w * (scores - mean)) ** 2)) / float(w.sum()) ** 2 * n / (n - 1)
    degrees = _degrees_of_freedom(np.bincount(code, weights=w**2).astype(float), share)
    return _wider(mean, independent, residual_sum, share, degrees, n)


def mean_of_clusters(count: FloatArray, total: FloatArray, squares: FloatArray) -> Estimate:
    """Return what `clustered_mean` says of scores of which each practitioner's number, sum and sum of squares are known."""
    seen = count > 0
    count, total, squares = count[seen], total[seen], squares[seen]
    n = int(count.sum())
    mean = float(total.sum() / n) if n else float("nan")
    if len(count) < 2:
        return Estimate(mean, float("nan"), float("nan"), n, len(count))
    share = count / n
    residual_sum = (total - count * mean) / n
    independent = max(float(squares.sum()) - n * mean**2, 0.0) / n / (n - 1)
    return _wider(mean, independent, residual_sum, share, _degrees_of_freedom(count, share), n)


def _wider(
    mean: float, independent: float, residual_sum: FloatArray, share: FloatArray, degrees: float, n: int
) -> Estimate:
    """Return the estimate with the clustered or the independent variance, whichever gives the wider interval."""
    clustered = float(np.sum(residual_sum**2 / (1 - share)))
    if sqrt(independent) * stdtrit(n - 1, 0.975) > sqrt(clustered) * stdtrit(degrees, 0.975):
        return Estimate(mean, sqrt(independent), float(n - 1), n, len(share))
    return Estimate(mean, sqrt(clustered), degrees, n, len(share))


def _degrees_of_freedom(s: FloatArray, share: FloatArray) -> float:
    """Satterthwaite degrees of freedom of the clustered variance of a mean when scores are independent and alike.

    tr(B)^2 / tr(B^2) for the covariance B of the corrected sums, diag(s) - s p' - p s' + (sum s) p p' before the
    correction (s: sum of squared weights, p: share), written out so that no square matrix is built.
    """
    total, correction = s.sum(), 1 / (1 - share)
    dense_diagonal = total * share**2 - 2 * share * s
    diagonal = s + dense_diagonal
    ss, pp, sp = (float(correction @ product) for product in (s**2, share**2, s * share))
    dense = 2 * ss * pp + 2 * sp**2 + total**2 * pp**2 - 4 * total * pp * sp
    squares = dense + float(correction**2 @ (diagonal**2 - dense_diagonal**2))
    return float((correction @ diagonal) ** 2 / squares)


def median_of_repeats(estimates: list[Estimate]) -> Estimate:
    """Return the median over repeats with the DML variance add-on (Chernozhukov et al. 2018, definition 3.3):
    the variance is the median of each repeat's variance plus its squared distance from the median estimate."""
    values = np.array([estimate.estimate for estimate in estimates])
    middle = float(np.median(values))
    variances = np.array([estimate.standard_error**2 for estimate in estimates]) + (values - middle) ** 2
    first = estimates[0]
    degrees = min(estimate.degrees_of_freedom for estimate in estimates)
    return Estimate(middle, sqrt(float(np.median(variances))), degrees, first.n, first.n_practitioners)


def mean_over_repeats(
    scores: FloatArray, practitioner: NDArray[np.object_], weight: FloatArray | None = None
) -> Estimate:
    """Return the aggregated mean of `scores` (repeats, n)."""
    return median_of_repeats([clustered_mean(one, practitioner, weight) for one in scores])


def wilson_interval(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's (1927) interval of a share; (NaN, NaN) when n is 0.

    Raises ValueError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0 to n, found {successes} of {n}")
    if n == 0:
        return float("nan"), float("nan")
    z = float(ndtri(0.5 + level / 2))
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Of nobody or of everybody the bound is the share itself, but for the last digit.
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))
