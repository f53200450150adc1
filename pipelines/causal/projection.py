"""Linear projection of scores on a few regressors, with practitioner-clustered standard errors for few practitioners.

The bias-reduced variance and degrees of freedom of Bell and McCaffrey (2002) for ordinary least squares, the general
case of what `inference.clustered_mean` does for a mean. In an orthonormal basis Q of the regressors a practitioner g
enters only through M_g = Q_g' Q_g, because (I - Q_g Q_g')^(-1/2) Q_g = Q_g (I - M_g)^(-1/2): every matrix here is
p by p, however many episodes a practitioner has.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from pipelines.causal.features import FloatArray
from pipelines.causal.inference import Estimate

# A practitioner who alone carries a direction of the regressors leaves it without residual variation.
LEAST_EIGENVALUE = 1e-8


def linear_projection(
    scores: FloatArray, regressors: FloatArray, practitioner: NDArray[np.object_]
) -> tuple[Estimate, ...]:
    """Return the least squares coefficient of each column of `regressors` (n, p), in outcome units by regressor's unit.

    `scores` (n,) are contrasts of doubly robust scores (the best linear projection of the effect: Semenova and
    Chernozhukov 2021); a column of ones is the caller's. The interval is never narrower than that of independent
    episodes, as in `clustered_mean`. Below two practitioners there is no standard error (NaN).
    Raises ValueError when lengths differ, a value is not finite, or the columns are linearly dependent.
    """
    n, p = regressors.shape
    if len(scores) != n or len(practitioner) != n:
        raise ValueError(
            f"scores, regressors and practitioner differ in length: {len(scores)}, {n}, {len(practitioner)}"
        )
    if not (np.isfinite(scores).all() and np.isfinite(regressors).all()):
        raise ValueError("scores and regressors must be finite")
    if n <= p or np.linalg.matrix_rank(regressors) < p:
        raise ValueError("the regressors are linearly dependent")
    Q, R = np.linalg.qr(regressors)
    coefficients = np.linalg.solve(R, Q.T @ scores)
    residual = scores - regressors @ coefficients
    directions = np.linalg.solve(R, np.eye(p))
    keys, code = np.unique(practitioner.astype(str), return_inverse=True)
    if len(keys) < 2:
        return tuple(Estimate(float(b), float("nan"), float("nan"), n, len(keys)) for b in coefficients)
    root, m = _corrections(Q, code, len(keys))
    sums = np.column_stack([np.bincount(code, weights=Q[:, j] * residual, minlength=len(keys)) for j in range(p)])
    corrected = np.einsum("gij,gj->gi", root, sums)
    estimates = []
    for coefficient, direction in zip(coefficients, directions, strict=True):
        variance = float(np.sum((corrected @ direction) ** 2))
        degrees = _degrees_of_freedom(root @ direction, m)
        independent = float(np.sum((Q @ direction * residual) ** 2)) * n / (n - p)
        if sqrt(independent) * t.ppf(0.975, n - p) > sqrt(variance) * t.ppf(0.975, degrees):
            variance, degrees = independent, float(n - p)
        estimates.append(Estimate(float(coefficient), sqrt(variance), degrees, n, len(keys)))
    return tuple(estimates)


def _corrections(Q: FloatArray, code: NDArray[np.intp], practitioners: int) -> tuple[FloatArray, FloatArray]:
    """Return (I - M_g)^(-1/2) and M_g of every practitioner, both (practitioners, p, p)."""
    p = Q.shape[1]
    products = [
        np.bincount(code, weights=Q[:, i] * Q[:, j], minlength=practitioners) for i in range(p) for j in range(p)
    ]
    m = np.array(products, dtype=float).T.reshape(practitioners, p, p)
    eigenvalues, vectors = np.linalg.eigh(np.eye(p) - m)
    inverse_root = np.where(eigenvalues > LEAST_EIGENVALUE, np.maximum(eigenvalues, LEAST_EIGENVALUE) ** -0.5, 0.0)
    return (vectors * inverse_root[:, None, :]) @ vectors.transpose(0, 2, 1), m


def _degrees_of_freedom(weights: FloatArray, m: FloatArray) -> float:
    """Return Satterthwaite's degrees of freedom of one coefficient's variance when residuals are independent and alike.

    tr(B)^2 / tr(B^2) with B = diag(w_g' M_g w_g) - V V', V the rows M_g w_g; `weights` (practitioners, p).
    """
    rows = np.einsum("gij,gj->gi", m, weights)
    diagonal = np.einsum("gi,gi->g", weights, rows)
    lengths = np.einsum("gi,gi->g", rows, rows)
    trace = diagonal.sum() - lengths.sum()
    squares = np.sum(diagonal**2) - 2 * diagonal @ lengths + np.sum((rows.T @ rows) ** 2)
    return float(trace**2 / squares) if squares > 0 else 1.0
