"""Linear regression of all arms at once: what arms share, how they differ, and which covariates matter for either.

The mean outcome of a unit with covariates x in arm a is b + b_a + x (c + c_a), plus its practitioner's effect, the same in
every arm. Each covariate has a variance of its c and one of its c_a, all arms together; arms have one, practitioners have
one. The variances maximise the marginal likelihood, so covariates that do not matter leave the model (automatic relevance
determination: MacKay 1992, Neural Computation 4:415; Tipping 2001, J Mach Learn Res 1:211; of a linear mixed model this is
maximum likelihood of its variance components). Prognosis is penalised apart from the difference between arms, as in the
causal forests of Hahn, Murray and Carvalho (2020, Bayesian Anal 15:965).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from pipelines.causal.features import FloatArray, IntArray

ITERATIONS = 100
# A variance this much under the outcome's own leaves the model; a step this small, relative to a variance, ends the search.
_LEAST_VARIANCE = 1e-7
_LEAST_STEP = 0.01
# A fit without error would make the noise 0.
_LEAST_NOISE = 1e-6
# As many rows' freedom as `linear.fit_ridge` considers at most.
_MAXIMUM_FREEDOM_SHARE = 0.7


@dataclass(frozen=True)
class PooledArms:
    """A fitted regression: means (n, arms) = intercepts (arms,) + x (n, p) @ coefficients (p, arms)."""

    intercepts: FloatArray
    coefficients: FloatArray

    def predict(self, x: FloatArray) -> FloatArray:
        """Return the mean outcome (n, arms) under each arm."""
        return np.asarray(self.intercepts + x @ self.coefficients, dtype=float)


@dataclass(frozen=True)
class _Terms:
    """Terms of the regression. `column` (q,): of (1, x), 0 the intercept. `arm` (q,): the arm it is for, -1 for all.
    `variance` (q,): code of the variance it shares with others."""

    column: IntArray
    arm: IntArray
    variance: IntArray

    def of_arm(self, arm: int) -> IntArray:
        return np.flatnonzero((self.arm == arm) | (self.arm == -1))


def fit_pooled_arms(
    x: FloatArray, y: FloatArray, arm: IntArray, weight: FloatArray, *, n_arms: int, n_practitioner_columns: int
) -> PooledArms:
    """Fit the regression. x (n, p): standardised, the practitioners' columns last; arm (n,): codes 0 .. n_arms-1.

    weight (n,): they count as (sum w)^2 / sum w^2 rows (Kish 1965). An outcome without spread is returned as its mean.
    """
    mean = float(np.average(y, weights=weight))
    spread = float(np.sqrt(np.average((y - mean) ** 2, weights=weight)))
    n_columns = x.shape[1]
    if spread == 0:
        return PooledArms(np.full(n_arms, mean), np.zeros((n_columns, n_arms)))
    terms = _terms(n_columns, n_practitioner_columns, n_arms)
    n_rows = float(weight.sum() ** 2 / (weight**2).sum())
    gram, product = _sums(x, (y - mean) / spread, arm, weight * n_rows / weight.sum(), terms, n_arms)
    coefficients = spread * _most_likely(gram, product, terms.variance, n_rows=n_rows)
    by_arm = np.zeros((n_columns + 1, n_arms))
    for k in range(n_arms):
        own = terms.of_arm(k)
        np.add.at(by_arm[:, k], terms.column[own], coefficients[own])
    return PooledArms(mean + by_arm[0], by_arm[1:])


def _terms(n_columns: int, n_practitioner_columns: int, n_arms: int) -> _Terms:
    covariates = np.arange(1, n_columns - n_practitioner_columns + 1)
    practitioners = np.arange(n_columns - n_practitioner_columns + 1, n_columns + 1)
    arms = range(n_arms)
    shared = np.concatenate([covariates, practitioners])
    own = np.concatenate([[0], covariates])
    for_all = np.where(shared < len(own), shared, 0)
    return _Terms(
        column=np.concatenate([shared, *(own for _ in arms)]),
        arm=np.concatenate([np.full(len(shared), -1), *(np.full(len(own), k) for k in arms)]),
        variance=np.concatenate([for_all, *(own + len(own) for _ in arms)]),
    )


def _sums(
    x: FloatArray, y: FloatArray, arm: IntArray, weight: FloatArray, terms: _Terms, n_arms: int
) -> tuple[FloatArray, FloatArray]:
    """Return the weighted products of the terms with one another (q, q) and with the outcome (q,)."""
    q = len(terms.column)
    gram, product = np.zeros((q, q)), np.zeros(q)
    for k in range(n_arms):
        rows = arm == k
        with_intercept = np.hstack([np.ones((int(rows.sum()), 1)), x[rows]])
        weighted = with_intercept * weight[rows, None]
        own = terms.of_arm(k)
        columns = terms.column[own]
        gram[np.ix_(own, own)] += (weighted.T @ with_intercept)[np.ix_(columns, columns)]
        product[own] += (weighted.T @ y[rows])[columns]
    return gram, product


def _most_likely(gram: FloatArray, product: FloatArray, group: IntArray, *, n_rows: float) -> FloatArray:
    """Return the mean coefficients (q,) at the variances of greatest marginal likelihood (fixed point of MacKay 1992).

    The outcome has mean 0 and variance 1. A group of terms whose variance falls under the least one gets coefficients 0.
    """
    n_groups = int(group.max()) + 1
    size = np.bincount(group, minlength=n_groups)
    variance, noise = 0.3 / np.maximum(size, 1), 0.6
    coefficients = np.zeros(len(product))
    for _ in range(ITERATIONS):
        kept = np.flatnonzero(variance[group] > _LEAST_VARIANCE)
        if not len(kept):
            return np.zeros(len(product))
        own, inner = group[kept], gram[np.ix_(kept, kept)]
        factor = cho_factor(inner / noise + np.diag(1 / variance[own]), lower=True)
        spread = np.diag(cho_solve(factor, np.eye(len(kept))))
        fitted = cho_solve(factor, product[kept] / noise)
        coefficients = np.zeros(len(product))
        coefficients[kept] = fitted
        freedom = np.bincount(own, 1 - spread / variance[own], minlength=n_groups)
        squares = np.bincount(own, fitted**2, minlength=n_groups)
        found = np.where(variance > _LEAST_VARIANCE, squares / np.maximum(freedom, 1e-8), 0.0)
        error = n_rows - 2 * fitted @ product[kept] + fitted @ inner @ fitted
        left = n_rows - min(float(freedom.sum()), _MAXIMUM_FREEDOM_SHARE * n_rows)
        noise = max(float(error) / left, _LEAST_NOISE)
        is_kept = found > _LEAST_VARIANCE
        step = np.abs(np.log(found[is_kept] / variance[is_kept])).max(initial=0.0)
        variance = found
        if step < _LEAST_STEP:
            break
    return coefficients
