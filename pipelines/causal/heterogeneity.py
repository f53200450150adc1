"""Do patients differ in what they gain? Two tests of out-of-fold gains that must both pass before any difference is shown.

The best linear predictor (Chernozhukov, Demirer, Duflo and Fernandez-Val 2025, Econometrica 93:1121): the slope of the
scores' contrast on the centred gain, 0 when the gains predict nothing and 1 when they are right on average. RATE: see
`rate`. Both are read on rows whose outcomes had no part in their gains.

Rows serve in turn to learn and to test, so the folds' results are not independent: with no heterogeneity the variance
of their sum is up to twice what a clustered standard error says (Wager 2024, arXiv 2405.05534; for K folds and d
directions of difference the sum tends to a U-statistic of variance 2). A one-sided 2.5 % then is up to 8 %. Therefore
`is_shown` asks for the 99 % interval, which under that doubled variance errs in at most 3.5 %.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from pipelines.causal.features import FloatArray, IntArray
from pipelines.causal.inference import Estimate, median_of_repeats
from pipelines.causal.projection import linear_projection
from pipelines.causal.rate import AUTOC, QINI, rank_weighted_effect

LEVEL_OF_PROOF = 0.99
"""The level of the two-sided interval that must lie above 0; why it is not 0.95 stands at the top of this module."""

# Gains that vary by less than this share of the contrasts' spread are one constant, computed with rounding.
LEAST_RELATIVE_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class HeterogeneityTest:
    """A statistic that is 0 (or below) when the gains tell nothing: with 95 % interval and two-sided p, t quantiles.

    `name`: 'slope' (no unit), 'autoc' or 'qini' (the outcome's units). `is_passed`: the interval of `LEVEL_OF_PROOF`
    lies above 0. Without variation in the gains, or with one practitioner, the numbers are NaN and nothing is passed.
    """

    name: str
    estimate: float
    standard_error: float
    lower: float
    upper: float
    p: float
    degrees_of_freedom: float
    is_passed: bool


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """The tests and what may be shown. `is_shown`: both the slope and AUTOC are passed; Qini stands beside them.

    `verdict` is the sentence for a report."""

    slope: HeterogeneityTest
    autoc: HeterogeneityTest
    qini: HeterogeneityTest
    is_shown: bool
    verdict: str


def heterogeneity(
    contrast: FloatArray, gain: FloatArray, practitioner: NDArray[np.object_], fold: IntArray | None = None
) -> Heterogeneity:
    """Return both tests and the verdict: a difference between patients may be shown only when both pass.

    `contrast` (n,): treated minus comparator of doubly robust scores, in the outcome's units; `gain` (n,): the gain
    expected for each row by a model that never saw its outcome; `practitioner` (n,): clusters. `fold` (n,): the folds
    of the gains; when given, gains are compared within folds only. A gain that is a fold's average is higher where the
    outcomes left out were lower, which would hide differences. All but `practitioner` may be (repeats, n): the statistics
    are then the median over repeats, with the spread between them in the error (see `inference.median_of_repeats`).
    Raises ValueError when there is no row, lengths differ, or a value is not finite.
    """
    contrasts, gains = np.atleast_2d(contrast), np.atleast_2d(gain)
    folds = [None] * len(gains) if fold is None else list(np.atleast_2d(fold))
    if not len(contrasts) == len(gains) == len(folds):
        raise ValueError("contrast, gain and fold must have the same repeats")
    centred = [_centred_gain(contrasts[r], gains[r], practitioner, folds[r]) for r in range(len(gains))]
    if not all(_varies(gains, scores) for gains, scores in zip(centred, contrasts, strict=True)):
        slope, autoc, qini = (_no_test(name) for name in ("slope", AUTOC, QINI))
    else:
        pairs = list(zip(contrasts, centred, strict=True))
        slope = _test("slope", median_of_repeats([_slope(scores, gains, practitioner) for scores, gains in pairs]))
        autoc, qini = (
            _test(
                weighting,
                median_of_repeats(
                    [rank_weighted_effect(scores, gains, practitioner, weighting) for scores, gains in pairs]
                ),
            )
            for weighting in (AUTOC, QINI)
        )
    is_shown = slope.is_passed and autoc.is_passed
    verdict = (
        "Patients differ in what they are expected to gain: those expected to gain more did gain more."
        if is_shown
        else "No reliable difference between patients was found: only the average is shown."
    )
    return Heterogeneity(slope, autoc, qini, is_shown, verdict)


def best_linear_predictor(
    contrast: FloatArray, gain: FloatArray, practitioner: NDArray[np.object_]
) -> HeterogeneityTest:
    """Return the slope of the contrast on the centred gain, clustered by practitioner with a small-cluster correction.

    Arguments as in `heterogeneity`. Raises ValueError when there is no row, lengths differ, or a value is not finite.
    """
    centred = _centred_gain(contrast, gain, practitioner, None)
    return _test("slope", _slope(contrast, centred, practitioner)) if _varies(centred, contrast) else _no_test("slope")


def _slope(contrast: FloatArray, centred: FloatArray, practitioner: NDArray[np.object_]) -> Estimate:
    spread = float(centred.std())
    regressors = np.column_stack([np.ones(len(centred)), centred / spread])
    found = linear_projection(contrast, regressors, practitioner)[1]
    return replace(found, estimate=found.estimate / spread, standard_error=found.standard_error / spread)


def _centred_gain(
    contrast: FloatArray, gain: FloatArray, practitioner: NDArray[np.object_], fold: IntArray | None
) -> FloatArray:
    n = len(contrast)
    if n == 0 or len(gain) != n or len(practitioner) != n or (fold is not None and len(fold) != n):
        raise ValueError("contrast, gain, practitioner and fold must have rows and be of one length")
    if not (np.isfinite(contrast).all() and np.isfinite(gain).all()):
        raise ValueError("contrast and gain must be finite")
    code = np.zeros(n, dtype=np.intp) if fold is None else np.unique(fold, return_inverse=True)[1]
    means = np.bincount(code, weights=gain) / np.bincount(code)
    return np.asarray(gain - means[code], dtype=float)


def _varies(centred: FloatArray, contrast: FloatArray) -> bool:
    return float(centred.std()) > LEAST_RELATIVE_SPREAD * float(contrast.std())


def _test(name: str, found: Estimate) -> HeterogeneityTest:
    if not found.standard_error > 0:
        return _no_test(name)
    lower, upper = found.interval()
    p = 2 * float(t.sf(abs(found.estimate) / found.standard_error, found.degrees_of_freedom))
    is_passed = found.interval(LEVEL_OF_PROOF)[0] > 0
    degrees = found.degrees_of_freedom
    return HeterogeneityTest(name, found.estimate, found.standard_error, lower, upper, p, degrees, is_passed)


def _no_test(name: str) -> HeterogeneityTest:
    nothing = float("nan")
    return HeterogeneityTest(name, nothing, nothing, nothing, nothing, nothing, nothing, is_passed=False)
