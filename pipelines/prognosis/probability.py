"""The probability of a response, out of fold and recalibrated, for everybody whose covariates are known.

A short-stack of logistic regression and boosting (van der Laan, Polley and Hubbard 2007), recalibrated by the two parameters
of logistic recalibration (Cox 1958) that the other folds give.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit
from threadpoolctl import threadpool_limits

from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray
from pipelines.causal.learners import Model, Training, fit_boosting, fit_linear
from pipelines.causal.nuisance import LEARNERS, read_in_pieces
from pipelines.causal.stacking import squared_error_weights

LEAST_PROBABILITY = 0.001
FEWEST_EVENTS = 20
_FITS: dict[str, Callable[[Training], Model]] = {
    "linear": fit_linear,
    "boosting": fit_boosting,
}


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
    learner -> weight, mean over folds."""

    probability: FloatArray
    stack: dict[str, float]


def prognose(
    design: Design,
    response: FloatArray,
    fold: IntArray,
    *,
    inner: IntArray | None = None,
    weight: FloatArray | None = None,
    learners: Sequence[str] = LEARNERS,
    seed: int = 0,
    training: FloatArray | None = None,
) -> Prognosis:
    """Return everybody's probability of a response.

    design: n rows (see `encode`). response (n,): 1 or 0, NaN where unknown: such rows train nothing and get a probability all
    the same. fold (n,): of two or more, a patient in one; each is predicted by the others. inner (n,): the folds in which the
    others choose stack and recalibration among themselves (default: `fold`; give it where `fold` holds clinics). weight (n,):
    for example 1 / probability that the response is known. training (n,): weights of those who teach, 0 for who is only told;
    None: all teach. Raises ValueError with fewer than 20 responses, or 20 without,
    outside a fold.
    """
    weights = np.ones(len(response)) if weight is None else weight
    within = fold if inner is None else inner
    is_known = np.isfinite(response)
    if training is not None:
        is_known &= training > 0
        weights = weights * training
    for k in np.unique(fold):
        if not has_enough(response[fold != k]):
            raise ValueError(
                f"a prognosis needs {FEWEST_EVENTS} episodes that responded and as many that did not, in all folds but one"
            )
    calibrated = np.empty(len(response))
    stacks = []
    with threadpool_limits(1):
        for k in np.unique(fold):
            own, others = fold == k, is_known & (fold != k)
            known = Training(
                design.take(others).with_precision(), response[others], weights[others], True, seed + int(k)
            )
            calibrated[own], stack = _predicted(known, within[others], design.take(own), learners)
            stacks.append(stack)
    return Prognosis(calibrated, dict(zip(learners, np.mean(stacks, axis=0).tolist(), strict=True)))


def has_enough(response: FloatArray) -> bool:
    """Return whether there are 20 responses and 20 without among those known."""
    return bool(min(np.sum(response == 1), np.sum(response == 0)) >= FEWEST_EVENTS)


def _predicted(
    training: Training, fold: IntArray, new: Design, learners: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    """Return the calibrated probabilities of new rows, and the stack's weights (learners,)."""
    out_of_fold = np.empty((len(training.y), len(learners)))
    for j in np.unique(fold):
        own = fold == j
        seen = _rows(training, ~own)
        for index, learner in enumerate(learners):
            out_of_fold[own, index] = _FITS[learner](seen)(training.design.take(own))
    shares = squared_error_weights(out_of_fold, training.y, training.weight)
    mended = recalibrate(training.y, out_of_fold @ shares, training.weight)
    fitted = np.ascontiguousarray(read_in_pieces([_FITS[learner](training) for learner in learners], new).T)
    return mended.apply(fitted @ shares), shares


def _rows(training: Training, rows: BoolArray) -> Training:
    return replace(training, design=training.design.take(rows), y=training.y[rows], weight=training.weight[rows])


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
