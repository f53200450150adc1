"""Linear regression of all arms at once: what arms share, how they differ, and which covariates matter for either.

The mean outcome of a unit with covariates x in arm a is b_a + x (c + c_a), plus its practitioner's effect, the same in every
arm; c_0 = 0, so that what the first arm, usual care, says of the outcome is everybody's prognosis. Prognosis is penalised apart
from the difference between arms, as in the causal forests of Hahn, Murray and Carvalho (2020, Bayesian Anal 15:965): every
coefficient has a horseshoe prior (Carvalho, Polson and Scott 2010, Biometrika 97:465), of one global scale for c and another
for all c_a, so that most covariates leave the model and those that matter are hardly shrunk. Arms' intercepts and practitioners
are normal, with a variance each. The posterior means come from Gibbs sampling (Makalic and Schmidt 2016, IEEE Signal Process
Lett 23:179). With the variances of greatest marginal likelihood instead, gains were said with too much confidence: their
calibration slope was 0.5 to 0.8 (decision 19).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from pipelines.causal.features import FloatArray, IntArray

SWEEPS, BURN_IN = 80, 20
# Inverse gamma draws are kept inside these, relative to the outcome's variance: beyond them a number means 'none' or 'any'.
_LEAST, _GREATEST = 1e-10, 1e4
# Sorts of terms. Those from `_INTERCEPTS` on share one variance; the others have one each besides the scale they share.
_SHARED, _OWN, _INTERCEPTS, _PRACTITIONERS = range(4)
_N_SORTS = 4


@dataclass(frozen=True)
class Scales:
    """What the regression found of the sizes of things, in units of an outcome of variance 1: mean prior precisions of the
    columns that all arms share (p,) and of the arms' intercepts (arms,), and the variance of the noise."""

    columns: FloatArray
    intercepts: FloatArray
    noise: float


@dataclass(frozen=True)
class PooledArms:
    """A fitted regression: means (n, arms) = intercepts (arms,) + x (n, p) @ coefficients (p, arms). `scales`: None of an
    outcome without spread."""

    intercepts: FloatArray
    coefficients: FloatArray
    scales: Scales | None = None

    def predict(self, x: FloatArray) -> FloatArray:
        """Return the mean outcome (n, arms) under each arm."""
        return np.asarray(self.intercepts + x @ self.coefficients, dtype=float)


@dataclass(frozen=True)
class _Terms:
    """Terms of the regression. `column` (q,): of (1, x), 0 the intercept. `arm` (q,): the arm it is for, -1 for all.
    `sort` (q,)."""

    column: IntArray
    arm: IntArray
    sort: IntArray

    def of_arm(self, arm: int) -> IntArray:
        return np.flatnonzero((self.arm == arm) | (self.arm == -1))


def fit_pooled_arms(
    x: FloatArray,
    y: FloatArray,
    arm: IntArray,
    weight: FloatArray,
    *,
    n_arms: int,
    n_practitioner_columns: int,
    seed: int,
) -> PooledArms:
    """Fit the regression. x (n, p): standardised, the practitioners' columns last; arm (n,): codes 0 .. n_arms-1, 0 usual care.

    weight (n,): they count as (sum w)^2 / sum w^2 rows (Kish 1965). An outcome without spread is returned as its mean.
    """
    mean, spread, n_rows = moments(y, weight)
    n_columns = x.shape[1]
    if spread == 0:
        return PooledArms(np.full(n_arms, mean), np.zeros((n_columns, n_arms)))
    terms = _terms(n_columns - n_practitioner_columns, n_practitioner_columns, by_size(y, arm, weight, n_arms))
    gram, product = _sums(x, (y - mean) / spread, arm, weight * n_rows / weight.sum(), terms, n_arms)
    found = _posterior_means(gram, product, terms.sort, n_rows=n_rows, seed=seed)
    coefficients = spread * found.means
    by_arm = np.zeros((n_columns + 1, n_arms))
    for k in range(n_arms):
        own = terms.of_arm(k)
        np.add.at(by_arm[:, k], terms.column[own], coefficients[own])
    is_intercept = terms.sort == _INTERCEPTS
    scales = Scales(
        columns=found.precisions[terms.arm == -1],
        intercepts=found.precisions[is_intercept][np.argsort(terms.arm[is_intercept])],
        noise=found.noise,
    )
    return PooledArms(mean + by_arm[0], by_arm[1:], scales)


def moments(y: FloatArray, weight: FloatArray) -> tuple[float, float, float]:
    """Return mean and spread of the outcome, and the number of rows that the weights count as (Kish 1965)."""
    mean = float(np.average(y, weights=weight))
    spread = float(np.sqrt(np.average((y - mean) ** 2, weights=weight)))
    return mean, spread, float(weight.sum() ** 2 / (weight**2).sum())


def by_size(y: FloatArray, arm: IntArray, weight: FloatArray, n_arms: int) -> IntArray:
    """Return the arms (arms,) in an order that does not hang on their codes: other names then draw the same numbers."""
    of_arms = [arm == k for k in range(n_arms)]
    return np.lexsort([[float(weight[own] @ y[own]) for own in of_arms], [float(weight[own].sum()) for own in of_arms]])


def _terms(n_covariates: int, n_practitioner_columns: int, arms: IntArray) -> _Terms:
    covariates = np.arange(1, n_covariates + 1)
    practitioners = n_covariates + np.arange(1, n_practitioner_columns + 1)
    blocks = [(covariates, -1, _SHARED), (practitioners, -1, _PRACTITIONERS)]
    for k in arms.tolist():
        blocks += [(np.zeros(1, dtype=np.int64), k, _INTERCEPTS)]
        blocks += [(covariates, k, _OWN)] if k > 0 else []
    return _Terms(
        column=np.concatenate([columns for columns, _, _ in blocks]),
        arm=np.concatenate([np.full(len(columns), k) for columns, k, _ in blocks]),
        sort=np.concatenate([np.full(len(columns), sort) for columns, _, sort in blocks]),
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


@dataclass(frozen=True)
class _Posterior:
    """Posterior means: of the coefficients (q,), of their prior precisions (q,), of the variance of the noise."""

    means: FloatArray
    precisions: FloatArray
    noise: float


def _posterior_means(gram: FloatArray, product: FloatArray, sort: IntArray, *, n_rows: float, seed: int) -> _Posterior:
    """Return the posterior means; the outcome has mean 0 and variance 1.

    Scales have half-Cauchy priors, written as mixtures of inverse gammas: a variance v is 1 / gamma(1/2, 1 / auxiliary).
    """
    generator = np.random.default_rng(seed)
    q, diagonal = len(sort), np.diag_indices(len(sort))
    size = np.bincount(sort, minlength=_N_SORTS)
    has_own_variance = sort < _INTERCEPTS
    scale, of_scale, local, of_local = np.full(_N_SORTS, 0.1), np.ones(_N_SORTS), np.ones(q), np.ones(q)
    noise = np.asarray(0.6)
    total, of_precisions, of_noise = np.zeros(q), np.zeros(q), 0.0
    for sweep in range(SWEEPS):
        precision = gram / noise
        of_prior = 1 / np.clip(scale[sort] * local, _LEAST, _GREATEST)
        precision[diagonal] += of_prior
        lower = cholesky(precision, lower=True, overwrite_a=True, check_finite=False)
        half = solve_triangular(lower, product / noise, lower=True, check_finite=False)
        both = np.column_stack([half, half + generator.normal(size=q)])
        mean, drawn = solve_triangular(lower, both, lower=True, trans=1, check_finite=False).T
        if sweep >= BURN_IN:
            total += mean
            of_precisions += of_prior
            of_noise += float(noise)
        error = n_rows - 2 * drawn @ product + drawn @ gram @ drawn
        noise = _inverse_gamma(generator, np.asarray(n_rows / 2), np.maximum(error, 1e-6) / 2)
        squares = drawn**2
        variances = _inverse_gamma(generator, np.ones(q), 1 / of_local + squares / (2 * scale[sort]))
        local = np.where(has_own_variance, variances, 1.0)
        of_local = _inverse_gamma(generator, np.ones(q), 1 + 1 / local)
        sums = np.bincount(sort, squares / local, minlength=_N_SORTS)
        scale = _inverse_gamma(generator, (size + 1) / 2, 1 / of_scale + sums / 2)
        of_scale = _inverse_gamma(generator, np.ones(_N_SORTS), 1 + 1 / scale)
    kept = SWEEPS - BURN_IN
    return _Posterior(total / kept, of_precisions / kept, of_noise / kept)


def _inverse_gamma(generator: np.random.Generator, shape: FloatArray, rate: FloatArray) -> FloatArray:
    return np.clip(rate / generator.gamma(shape), _LEAST, _GREATEST)
