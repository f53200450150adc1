"""Kernel ridge regression on a few landmarks: smooth curved surfaces that trees cut into steps.

Its place is among the outcome models of individual gains; the average effect is estimated without it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.causal.features import Design, FloatArray

LANDMARKS = 150
# The curved part of the features has about four times the variance of the linear part, so that it is penalised less.
CURVED_SCALE = 2.0
_LEAST_EIGENVALUE = 1e-6


@dataclass(frozen=True)
class KernelMap:
    """Landmarks (k, p) and the root (k, k) of the inverse of their own kernel exp(-|x - landmark|^2 / p), x standardised."""

    landmarks: FloatArray
    root: FloatArray

    def apply(self, design: Design) -> Design:
        """Return the design with its `curved` features (n, k), Nystroem's; `curved_columns` puts them beside the others."""
        return replace(design, curved=CURVED_SCALE * (_kernel(design.linear, self.landmarks) @ self.root))


def curved_columns(design: Design) -> FloatArray:
    """Return the columns (n, p + k) of a kernel regression: x / sqrt(p) and the curved features.

    Raises ValueError when the design has no curved features.
    """
    if design.curved is None:
        raise ValueError("a kernel regression needs a design with curved features: see kernel.KernelMap")
    x = design.linear
    return np.hstack([x / np.sqrt(max(x.shape[1], 1)), design.curved])


def learn_kernel_map(x: FloatArray, seed: int) -> KernelMap:
    """Return the map whose landmarks are drawn from the rows of x (n, p) by `seed` (Williams and Seeger 2001).

    Like every encoding it is learned from covariates alone, never from arm or outcome, so it is done once for all folds.
    """
    drawn = np.random.default_rng(seed).permutation(len(x))[:LANDMARKS]
    landmarks = x[np.sort(drawn)]
    eigenvalues, vectors = np.linalg.eigh(_kernel(landmarks, landmarks))
    return KernelMap(landmarks, vectors / np.sqrt(np.maximum(eigenvalues, _LEAST_EIGENVALUE)))


def _kernel(x: FloatArray, landmarks: FloatArray) -> FloatArray:
    squares = (x**2).sum(axis=1)[:, None] + (landmarks**2).sum(axis=1) - 2 * x @ landmarks.T
    return np.asarray(np.exp(-np.maximum(squares, 0.0) / max(x.shape[1], 1)), dtype=float)
