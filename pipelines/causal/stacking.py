"""Convex weights of candidate models from their out-of-fold predictions (short-stacking, Ahrens et al. 2025)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from pipelines.causal.features import FloatArray


@dataclass(frozen=True)
class ExpectedWeights:
    """Weights (m,) before the outcome is looked at, and the standard deviation (m,) of each: normal priors."""

    mean: FloatArray
    spread: FloatArray


def squared_error_weights(
    predictions: FloatArray, y: FloatArray, weight: FloatArray, prior: ExpectedWeights | None = None
) -> FloatArray:
    """Return weights (m,), not negative and summing to 1, that minimise the weighted squared error.

    `predictions` is (n, m). Solved as non-negative least squares with a heavily weighted row for the sum. With a
    prior the result is the posterior mode.
    """
    n, m = predictions.shape
    if m == 1 or n == 0:
        return np.full(m, 1 / m)
    root = np.sqrt(weight / weight.mean())
    centre = np.average(y, weights=weight)
    spread = max(float(np.std(y)), 1e-12)
    scaled = (predictions - centre) / spread * root[:, None]
    heavy = 1e3 * np.sqrt(n)
    rows, wanted = [scaled, np.full((1, m), heavy)], [(y - centre) / spread * root, np.array([heavy])]
    if prior is not None:
        rows, wanted = [*rows, np.diag(1 / prior.spread)], [*wanted, prior.mean / prior.spread]
    solution, _ = nnls(np.vstack(rows), np.concatenate(wanted))
    return np.asarray(solution / solution.sum(), dtype=float)


def log_loss_weights(likelihoods: FloatArray, weight: FloatArray, iterations: int = 300) -> FloatArray:
    """Return convex weights (m,) that maximise the weighted log likelihood of the mixture of `likelihoods` (n, m).

    `likelihoods` holds the probability each candidate gave to what happened. Expectation-maximisation for mixture
    proportions: monotone, never leaves the simplex, and deterministic.
    """
    m = likelihoods.shape[1]
    shares = np.full(m, 1 / m)
    if m == 1 or not len(likelihoods):
        return shares
    floored = np.maximum(likelihoods, 1e-6)
    for _ in range(iterations):
        responsibility = floored * shares
        responsibility /= responsibility.sum(axis=1, keepdims=True)
        shares = weight @ responsibility / weight.sum()
    return shares
