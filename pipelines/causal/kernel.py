"""Kernel ridge regression on a few landmarks: smooth curved surfaces that trees cut into steps.

Its place is among the outcome models of individual gains; the average effect is estimated without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.causal.features import FloatArray
from pipelines.causal.linear import Ridge, fit_ridge

LANDMARKS = 150
# The curved part of the features has about four times the variance of the linear part, so that it is penalised less.
CURVED_SCALE = 2.0
_LEAST_EIGENVALUE = 1e-6


@dataclass(frozen=True)
class KernelRidge:
    """Ridge regression on x / sqrt(p) and the Nystroem features of exp(-|x - landmark|^2 / p), x standardised (n, p)."""

    landmarks: FloatArray
    root: FloatArray
    ridge: Ridge

    def predict(self, x: FloatArray) -> FloatArray:
        """Return predictions (n,)."""
        return self.ridge.predict(_features(x, self.landmarks, self.root))


def fit_kernel_ridge(x: FloatArray, y: FloatArray, weight: FloatArray, seed: int) -> KernelRidge:
    """Fit on landmarks drawn from the rows by `seed` (Nystroem features, Williams and Seeger 2001).

    `x` (n, p) is standardised; the penalty minimises generalised cross-validation.
    """
    drawn = np.random.default_rng(seed).permutation(len(x))[:LANDMARKS]
    landmarks = x[np.sort(drawn)]
    eigenvalues, vectors = np.linalg.eigh(_kernel(landmarks, landmarks))
    root = vectors / np.sqrt(np.maximum(eigenvalues, _LEAST_EIGENVALUE))
    return KernelRidge(landmarks, root, fit_ridge(_features(x, landmarks, root), y, weight))


def _features(x: FloatArray, landmarks: FloatArray, root: FloatArray) -> FloatArray:
    return np.hstack([x / np.sqrt(max(x.shape[1], 1)), CURVED_SCALE * (_kernel(x, landmarks) @ root)])


def _kernel(x: FloatArray, landmarks: FloatArray) -> FloatArray:
    squares = (x**2).sum(axis=1)[:, None] + (landmarks**2).sum(axis=1) - 2 * x @ landmarks.T
    return np.asarray(np.exp(-np.maximum(squares, 0.0) / max(x.shape[1], 1)), dtype=float)
