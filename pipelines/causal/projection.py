"""Linear projection of scores on a few regressors, with practitioner-clustered standard errors for few practitioners.

The bias-reduced variance and degrees of freedom of Bell and McCaffrey (2002) for ordinary least squares, the general
case of what `inference.clustered_mean` does for a mean. In an orthonormal basis Q of the regressors a practitioner g
enters only through M_g = Q_g' Q_g, because (I - Q_g Q_g')^(-1/2) Q_g = Q_g (I - M_g)^(-1/2): every matrix here is
p by p, however many episodes a practitioner has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from pipelines.causal.features import FloatArray
from pipelines.causal.inference import Estimate, Estimates
from pipelines.causal.keys import numbered

# A practitioner who alone carries a direction of the regressors leaves it without residual variation.
LEAST_EIGENVALUE = 1e-8
MOST_ROWS_WITH_THEIR_OWN_DEGREES = 2_000
MOST_ROWS_OF_MANY_WITH_THEIR_OWN_DEGREES = 250
# Above it a row a practitioner and direction would be gigabytes: variances are then quadratic forms.
MOST_ROWS_BY_PRACTITIONER = 50_000


@dataclass(frozen=True)
class _Basis:
    """The regressors (n, p) in an orthonormal basis Q: Q = regressors `inverse`. `code` (n,): practitioners. `root`, `m`: see
    `_corrections`."""

    Q: FloatArray
    R: FloatArray
    inverse: FloatArray
    code: NDArray[np.intp]
    root: FloatArray
    m: FloatArray

    @property
    def n_practitioners(self) -> int:
        """Return how many practitioners there are."""
        return len(self.m)


@dataclass(frozen=True)
class _Fitted:
    """Least squares of one score. `scaled` (n, p): residuals times Q; `sums` (practitioners, p): their corrected sums."""

    coefficients: FloatArray
    scaled: FloatArray
    sums: FloatArray

    def variances(self, directions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the clustered and the independent variance of each direction (k, p) in the basis Q."""
        n, p = self.scaled.shape
        if len(directions) > MOST_ROWS_BY_PRACTITIONER:
            clustered = np.einsum("kp,pq,kq->k", directions, self.sums.T @ self.sums, directions, optimize=True)
        else:
            clustered = np.sum((directions @ self.sums.T) ** 2, axis=1)
        independent = np.einsum(
            "kp,pq,kq->k",
            directions,
            self.scaled.T @ self.scaled,
            directions,
            optimize=len(directions) > MOST_ROWS_BY_PRACTITIONER,
        )
        return clustered, independent * n / (n - p)


def linear_projection(
    scores: FloatArray, regressors: FloatArray, practitioner: NDArray[np.object_]
) -> tuple[Estimate, ...]:
    """Return the least squares coefficient of each column of `regressors` (n, p), in outcome units by regressor's unit.

    `scores` (n,) are contrasts of doubly robust scores (the best linear projection of the effect: Semenova and
    Chernozhukov 2021); a column of ones is the caller's. The interval is never narrower than that of independent
    episodes, as in `clustered_mean`. Below two practitioners there is no standard error (NaN).
    Raises ValueError when lengths differ, a value is not finite, or the columns are linearly dependent.
    """
    return tuple(projected(scores, regressors, practitioner, np.eye(regressors.shape[1])))


def projected(
    scores: FloatArray, regressors: FloatArray, practitioner: NDArray[np.object_], at: FloatArray
) -> Estimates:
    """Return the projection at each row of `at` (k, p), values of the regressors: what it says of such patients.

    Otherwise as `linear_projection`. Degrees of freedom are those of the row itself for up to 2,000 different rows, else
    the fewest of any of that many of them (of 250 where there are more than 50,000 rows).
    """
    return all_projected([scores], regressors, practitioner, at)[0]


def all_projected(
    scores: Sequence[FloatArray], regressors: FloatArray, practitioner: NDArray[np.object_], at: FloatArray
) -> tuple[Estimates, ...]:
    """Return the projection of each of the scores, which share all that the regressors say: of many rows that is most of it."""
    basis = _basis(scores, regressors, practitioner)
    directions = at @ basis.inverse
    degrees = _degrees_of_rows(directions, basis) if basis.n_practitioners > 1 else np.full(len(at), np.nan)
    return tuple(_projected(one, regressors, basis, at, directions, degrees) for one in scores)


def _projected(
    scores: FloatArray,
    regressors: FloatArray,
    basis: _Basis,
    at: FloatArray,
    directions: FloatArray,
    degrees: FloatArray,
) -> Estimates:
    fitted = _fit(scores, regressors, basis)
    n, p = regressors.shape
    values = at @ fitted.coefficients
    if basis.n_practitioners < 2:
        return Estimates(values, degrees, degrees, n, basis.n_practitioners)
    clustered, independent = fitted.variances(directions)
    is_wider = np.sqrt(independent) * t.ppf(0.975, n - p) > np.sqrt(clustered) * _quantiles(degrees)
    variance, degrees = np.where(is_wider, independent, clustered), np.where(is_wider, float(n - p), degrees)
    return Estimates(values, np.sqrt(variance), degrees, n, basis.n_practitioners)


def _quantiles(degrees: FloatArray) -> FloatArray:
    different, code = np.unique(degrees, return_inverse=True)
    return np.asarray(t.ppf(0.975, different), dtype=float)[code]


def _basis(scores: Sequence[FloatArray], regressors: FloatArray, practitioner: NDArray[np.object_]) -> _Basis:
    n, p = regressors.shape
    for one in scores:
        if len(one) != n or len(practitioner) != n:
            raise ValueError(
                f"scores, regressors and practitioner differ in length: {len(one)}, {n}, {len(practitioner)}"
            )
    if not all(np.isfinite(values).all() for values in (*scores, regressors)):
        raise ValueError("scores and regressors must be finite")
    if n <= p or np.linalg.matrix_rank(regressors) < p:
        raise ValueError("the regressors are linearly dependent")
    Q, R = np.linalg.qr(regressors)
    keys, code = numbered(practitioner)
    root, m = _corrections(Q, code, len(keys))
    return _Basis(Q, R, np.linalg.solve(R, np.eye(p)), code, root, m)


def _fit(scores: FloatArray, regressors: FloatArray, basis: _Basis) -> _Fitted:
    coefficients = np.asarray(np.linalg.solve(basis.R, basis.Q.T @ scores), dtype=float)
    scaled = basis.Q * (scores - regressors @ coefficients)[:, None]
    sums = np.column_stack(
        [np.bincount(basis.code, weights=column, minlength=basis.n_practitioners) for column in scaled.T]
    )
    return _Fitted(coefficients, scaled, np.asarray(np.einsum("gij,gj->gi", basis.root, sums), dtype=float))


def _degrees_of_rows(directions: FloatArray, basis: _Basis) -> FloatArray:
    if len(directions) > MOST_ROWS_BY_PRACTITIONER:
        # Different rows have different sums of this kind; to sort rows whole takes fifty times as long.
        along = directions @ np.sqrt(np.arange(2.0, 2.0 + directions.shape[1]))
        _, first, code = np.unique(along, return_index=True, return_inverse=True)
        different, most = directions[first], MOST_ROWS_OF_MANY_WITH_THEIR_OWN_DEGREES
    else:
        different, code = np.unique(directions, axis=0, return_inverse=True)
        most = MOST_ROWS_WITH_THEIR_OWN_DEGREES
    step = max(1, -(-len(different) // most))
    degrees = np.array([_degrees_of_freedom(basis.root @ one, basis.m) for one in different[::step]])
    return np.asarray(degrees[code] if step == 1 else np.full(len(directions), degrees.min()), dtype=float)


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
