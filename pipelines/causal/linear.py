"""Penalised linear and logistic regression with the penalty chosen inside the training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from pipelines.causal.features import FloatArray, IntArray

_PENALTIES_PER_ROW = np.logspace(-5, 1.5, 27)
# Generalised cross-validation flatters fits that nearly interpolate; those are not considered.
_MAXIMUM_FREEDOM_SHARE = 0.7
ROWS_FOR_A_PENALTY = 5_000


@dataclass(frozen=True)
class Ridge:
    """A fitted ridge regression: prediction = intercept + x @ coefficients."""

    intercept: float
    coefficients: FloatArray
    penalty: float

    def predict(self, x: FloatArray) -> FloatArray:
        """Return predictions (n,)."""
        return np.asarray(self.intercept + x @ self.coefficients, dtype=float)


def fit_ridge(x: FloatArray, y: FloatArray, weight: FloatArray) -> Ridge:
    """Fit ridge regression with the penalty that minimises generalised cross-validation (Golub et al. 1979).

    One eigen-decomposition of the Gram matrix (p, p) serves every penalty. Needs at least one row.
    """
    weight = weight / weight.mean()
    n = len(y)
    centre = weight @ x / n
    mean = float(weight @ y / n)
    centred = x - centre
    residual = y - mean
    if not is_uniform(weight):
        root = np.sqrt(weight)
        centred *= root[:, None]
        residual *= root
    eigenvalues, vectors = np.linalg.eigh(centred.T @ centred)
    eigenvalues = np.maximum(eigenvalues, 0.0)
    rotated = vectors.T @ (centred.T @ residual)
    total = float(residual @ residual)
    penalties = _PENALTIES_PER_ROW * n
    shrink = 1 / (eigenvalues[:, None] + penalties)
    freedom = 1 + (eigenvalues[:, None] * shrink).sum(axis=0)
    squares = total - 2 * (rotated[:, None] ** 2 * shrink).sum(axis=0)
    squares += (eigenvalues[:, None] * rotated[:, None] ** 2 * shrink**2).sum(axis=0)
    is_considered = freedom <= max(_MAXIMUM_FREEDOM_SHARE * n, float(freedom.min()))
    criterion = np.where(is_considered, squares / np.maximum(1 - freedom / n, 1e-6) ** 2, np.inf)
    best = int(np.argmin(criterion))
    coefficients = vectors @ (rotated * shrink[:, best])
    return Ridge(mean - float(centre @ coefficients), coefficients, float(penalties[best]))


def is_uniform(weight: FloatArray) -> bool:
    """Return whether all weights are the same."""
    return bool(weight.min() == weight.max())


@dataclass(frozen=True)
class Logistic:
    """A fitted multinomial logistic regression; without a model every row gets the training shares (labels,)."""

    shares: FloatArray
    model: LogisticRegression | None

    def predict(self, x: FloatArray) -> FloatArray:
        """Return probabilities (n, labels)."""
        probabilities = np.zeros((len(x), len(self.shares)))
        if self.model is None:
            probabilities[:] = self.shares
        else:
            probabilities[:, self.model.classes_] = self.model.predict_proba(x)
        return probabilities


def fit_logistic(x: FloatArray, label: IntArray, weight: FloatArray, *, n_labels: int) -> Logistic:
    """Fit a multinomial logistic regression of labels 0 .. n_labels-1.

    The penalty is the ridge penalty of the labels' indicators carried over to the logistic scale (times p (1 - p)),
    geometric mean over labels. A label absent from the training rows gets probability 0.
    """
    shares = np.bincount(label, weights=weight, minlength=n_labels) / weight.sum()
    present = np.flatnonzero(shares)
    if len(present) == 1 or x.shape[1] == 0:
        return Logistic(shares, None)
    indicators = present[:1] if len(present) == 2 else present
    # Like a ratio of two variances the penalty does not grow with the rows, so these many are enough to choose it.
    few = slice(None, None, max(1, len(label) // ROWS_FOR_A_PENALTY))
    logs = [
        np.log(fit_ridge(x[few], (label[few] == k).astype(float), weight[few]).penalty * shares[k] * (1 - shares[k]))
        for k in indicators
    ]
    model = LogisticRegression(C=float(np.exp(-np.mean(logs))), max_iter=2000, tol=1e-4)
    model.fit(x, label, sample_weight=weight / weight.mean())
    return Logistic(shares, model)
