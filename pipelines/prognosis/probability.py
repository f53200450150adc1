"""The probability of a response, out of fold and recalibrated, for everybody whose covariates are known.

A short-stack of logistic regression and boosting (van der Laan, Polley and Hubbard 2007), recalibrated by the two parameters
of logistic recalibration (Cox 1958) that the other folds give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit
from threadpoolctl import threadpool_limits

from pipelines.causal.features import Design, FloatArray, IntArray
from pipelines.causal.nuisance import LEARNERS, CrossFit, cross_fit_outcome

LEAST_PROBABILITY = 0.001
FEWEST_EVENTS = 20


@dataclass(frozen=True)
class Recalibration:
    """logit of the calibrated probability = intercept + slope x logit of the predicted one."""

    intercept: float
    slope: float

    def apply(self, probability: FloatArray) -> FloatArray:
        """Return the calibrated probabilities (n,)."""
        return np.asarray(expit(self.intercept + self.slope * clipped_logit(probability)), dtype=float)


@dataclass(frozen=True)
class Prognosis:
    """`probability` (n,): of a response; neither models, stack nor recalibration saw an answer of the unit's own fold. `stack`:
    candidate -> weight, mean over folds."""

    probability: FloatArray
    stack: dict[str, float]


def prognose(
    design: Design,
    response: FloatArray,
    fold: IntArray,
    *,
    weight: FloatArray | None = None,
    learners: Sequence[str] = LEARNERS,
    seed: int = 0,
) -> Prognosis:
    """Return everybody's probability of a response.

    design: n rows (see `encode`). response (n,): 1 or 0, NaN where unknown: such rows train nothing and get a probability all
    the same. fold (n,): of two or more, a patient in one. weight (n,): for example 1 / probability that the response is known.
    Raises ValueError with fewer than 20 responses, or 20 without, outside a fold.
    """
    weights = np.ones(len(response)) if weight is None else weight
    is_known = np.isfinite(response)
    for k in np.unique(fold):
        others = response[is_known & (fold != k)]
        if min(np.sum(others == 1), np.sum(others == 0)) < FEWEST_EVENTS:
            raise ValueError(
                f"a prognosis needs {FEWEST_EVENTS} episodes that responded and as many that did not, in all folds but one"
            )
    setting = CrossFit(design, np.zeros(len(response), dtype=np.int64), weights, fold, 1, learners, seed)
    calibrated = np.empty(len(response))
    stacks = []
    with threadpool_limits(1):
        for k in np.unique(fold):
            own, others = fold == k, is_known & (fold != k)
            means, stack = cross_fit_outcome(setting, np.where(own, np.nan, response), is_binary=True)
            mended = recalibrate(response[others], means[others, 0], weights[others])
            calibrated[own] = mended.apply(means[own, 0])
            stacks.append(stack)
    return Prognosis(calibrated, {name: float(np.mean([stack[name] for stack in stacks])) for name in stacks[0]})


def recalibrate(response: FloatArray, probability: FloatArray, weight: FloatArray) -> Recalibration:
    """Return the intercept and slope of greatest weighted likelihood (Cox 1958); (0, 1) is perfect calibration."""
    z, y, w = clipped_logit(probability), response, weight / weight.sum()

    def loss(at: FloatArray) -> tuple[float, FloatArray]:
        linear = at[0] + at[1] * z
        residual = w * (expit(linear) - y)
        value = -float(w @ (y * log_expit(linear) + (1 - y) * log_expit(-linear)))
        return value, np.array([residual.sum(), residual @ z])

    found = minimize(loss, np.array([0.0, 1.0]), jac=True, method="BFGS", options={"gtol": 1e-8})
    return Recalibration(float(found.x[0]), float(found.x[1]))


def clipped_logit(probability: FloatArray) -> FloatArray:
    """Return the logit of probabilities (n,), none nearer to 0 or 1 than 0.001."""
    return np.asarray(logit(np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)), dtype=float)
