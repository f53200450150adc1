"""Gains as a sum of single effects: each a step or a line of one covariate, of which it is not known which.

What the arms add to usual care is a sum of `EFFECTS` terms. A candidate for each is every covariate's line and its steps at the
tenths. Every sweep draws each term's candidate and coefficients from their posterior, given the other terms, and adds up the
posterior means over all candidates: cut points and covariates are averaged over by what the data say of them. It is the sum of
single effects of Wang et al. (2020, J R Stat Soc B 82:1273), sampled; and the effect part of the causal forests of Hahn, Murray
and Carvalho (2020, Bayesian Anal 15:965) with one cut a tree. As in those forests a term is of all arms at once, every
covariate is as likely whatever its number of cuts, and the height of a step has one prior wherever it lies.

What all arms share, practitioners and intercepts are integrated out, with the prior precisions and the noise that the regression
on lines has found (`pooled`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.causal.cut_points import CutPoints, learn_cut_points
from pipelines.causal.features import FloatArray, IntArray
from pipelines.causal.pooled import PooledArms, Scales, by_size, fit_pooled_arms, moments

# Cuts at the tenths; finer ones, twice the effects and five times the sweeps were no nearer (decision 19).
PARTS, EFFECTS = 10, 15
# One term in ten is large, with a hundred times the variance of the others (two normals: George and McCulloch 1993, J Am Stat
# Assoc 88:881): with one variance for all, a single strong line made the other terms follow the noise.
LARGE_SHARE, LARGE = 0.1, 300.0
# A covariate's line is as likely as two of its steps.
LINE = 2.0
# What the regression on lines says of the effects counts a quarter: the mean of both is nearer than either (decision 19).
SHARE_OF_LINES = 0.25
SWEEPS, BURN_IN = 60, 12
# Of a small step's coefficient at the median, relative to the outcome's variance: where the chain begins, and its bounds.
_FIRST_VARIANCE, _LEAST, _GREATEST = 0.003, 1e-6, 10.0


@dataclass(frozen=True)
class SteppedArms:
    """A fitted sum of effects: a regression on the steps of the covariates and the columns themselves."""

    cuts: CutPoints
    regression: PooledArms

    def predict(self, x: FloatArray) -> FloatArray:
        """Return the mean outcome (n, arms) under each arm."""
        return self.regression.predict(np.hstack([self.cuts.apply(x), x]))


@dataclass(frozen=True)
class _Candidates:
    """`log_prior` (2 m,): of being a term's; `variance` (2 m,): of its coefficient, relative to a small step's at the median."""

    log_prior: FloatArray
    variance: FloatArray


def fit_single_effects(
    x: FloatArray,
    y: FloatArray,
    arm: IntArray,
    weight: FloatArray,
    *,
    n_arms: int,
    n_practitioner_columns: int,
    seed: int,
) -> SteppedArms:
    """Fit the regression on lines, then the effects, given its scales. Arguments as of `pooled.fit_pooled_arms`.

    An outcome without spread is returned as its mean.
    """
    given = {"n_arms": n_arms, "n_practitioner_columns": n_practitioner_columns}
    lines = fit_pooled_arms(x, y, arm, weight, **given, seed=seed)
    if lines.scales is None:
        return SteppedArms(learn_cut_points(x, parts=1), lines)
    covariates = x[:, : x.shape[1] - n_practitioner_columns]
    cuts = learn_cut_points(covariates, PARTS)
    columns = np.hstack([cuts.apply(x), covariates])
    order = by_size(y, arm, weight, n_arms)
    arms = order[order > 0]
    mean, spread, n_rows = moments(y, weight)
    sums = _sums(x, columns, (y - mean) / spread, arm, weight * n_rows / weight.sum(), arms)
    rest, gram, product = _without_shared(sums, lines.scales)
    found = _posterior_means(gram, product, _candidates(covariates, cuts), seed)
    shared = rest[:, -1] - rest[:, :-1] @ found.ravel()
    n_columns = x.shape[1]
    coefficients = np.zeros((len(cuts.at) + n_columns, n_arms))
    coefficients[: columns.shape[1], arms] = found.T
    coefficients[len(cuts.at) :] += shared[:n_columns, None]
    coefficients *= spread * (1 - SHARE_OF_LINES)
    coefficients[len(cuts.at) :] += SHARE_OF_LINES * lines.coefficients
    intercepts = mean + spread * shared[n_columns:]
    return SteppedArms(
        cuts, PooledArms((1 - SHARE_OF_LINES) * intercepts + SHARE_OF_LINES * lines.intercepts, coefficients)
    )


@dataclass(frozen=True)
class _Sums:
    """Weighted products of what is shared - x and the arms' intercepts (b) - and of what k arms add, with m candidates each:
    `shared` (b, b), `between` (b, k m), `added` (k m, k m); with the outcome `of_shared` (b,), `of_added` (k m,)."""

    shared: FloatArray
    between: FloatArray
    added: FloatArray
    of_shared: FloatArray
    of_added: FloatArray


def _sums(
    x: FloatArray, columns: FloatArray, y: FloatArray, arm: IntArray, weight: FloatArray, arms: IntArray
) -> _Sums:
    p, m, k = x.shape[1], columns.shape[1], len(arms)
    b = p + k + 1
    shared, between, added = np.zeros((b, b)), np.zeros((b, k * m)), np.zeros((k * m, k * m))
    of_shared, of_added = np.zeros(b), np.zeros(k * m)
    for code in range(k + 1):
        rows = arm == code
        own = np.append(np.arange(p), p + code)
        with_intercept = np.hstack([x[rows], np.ones((int(rows.sum()), 1))])
        weighted = with_intercept * weight[rows, None]
        shared[np.ix_(own, own)] += weighted.T @ with_intercept
        of_shared[own] += weighted.T @ y[rows]
        for place in np.flatnonzero(arms == code):
            at, of_arm = slice(place * m, (place + 1) * m), columns[rows]
            between[own, at] = weighted.T @ of_arm
            weighted_columns = of_arm * weight[rows, None]
            added[at, at] = weighted_columns.T @ of_arm
            of_added[at] = weighted_columns.T @ y[rows]
    return _Sums(shared, between, added, of_shared, of_added)


def _without_shared(sums: _Sums, scales: Scales) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Integrate out what is shared. Return what it would be without effects, in the last column, and what each effect takes from
    it (b, k m + 1); precision (k m, k m) and its product with the mean (k m,) of the effects, up to their prior."""
    prior = np.concatenate([scales.columns, scales.intercepts])
    precision = sums.shared / scales.noise + np.diag(prior)
    rest = np.linalg.solve(precision, np.column_stack([sums.between, sums.of_shared]) / scales.noise)
    gram = (sums.added - sums.between.T @ rest[:, :-1]) / scales.noise
    product = (sums.of_added - sums.between.T @ rest[:, -1]) / scales.noise
    return np.asarray(rest, dtype=float), gram, product


def _candidates(covariates: FloatArray, cuts: CutPoints) -> _Candidates:
    """Return the candidates' priors: steps, then lines; each as a small and as a large term."""
    distinct = [np.unique(values) for values in covariates.T]
    of_lines = [
        4 * (share := float(np.mean(values > found[0]))) * (1 - share) if len(found) == 2 else 1.0
        for values, found in zip(covariates.T, distinct, strict=True)
    ]
    column = np.append(cuts.column, np.arange(covariates.shape[1]))
    differs = np.append(np.ones(len(cuts.column), dtype=bool), [len(found) > 1 for found in distinct])
    log_prior = np.where(differs, -np.log(np.bincount(column)[column]), -np.inf)
    log_prior[len(cuts.column) :] += np.log(LINE)
    variance = np.append(4 * cuts.spread**2, of_lines)
    return _Candidates(
        log_prior=np.append(log_prior + np.log(1 - LARGE_SHARE), log_prior + np.log(LARGE_SHARE)),
        variance=np.append(variance, LARGE * variance),
    )


def _posterior_means(gram: FloatArray, product: FloatArray, candidates: _Candidates, seed: int) -> FloatArray:
    """Return the posterior means (k, m) of the coefficients.

    The root of the terms' variance has a half-Cauchy prior, as the scales in `pooled`.
    """
    generator = np.random.default_rng(seed)
    m = len(candidates.variance) // 2
    k = len(product) // m
    by_arm = gram.reshape(k, m, k, m)
    given = np.ascontiguousarray(by_arm.transpose(1, 0, 2, 3)).reshape(m, k, k * m)
    own = np.tile(by_arm[:, np.arange(m), :, np.arange(m)], (2, 1, 1))
    chosen, drawn = np.zeros(EFFECTS, dtype=np.int64), np.zeros((EFFECTS, k))
    left, total = product.copy(), np.zeros((k, 2 * m))
    variance, auxiliary = _FIRST_VARIANCE, 1.0
    for sweep in range(SWEEPS):
        prior = variance * candidates.variance
        precision = own + np.eye(k) / prior[:, None, None]
        covariance = np.linalg.inv(precision)
        root, of_mean = np.linalg.cholesky(covariance), np.ascontiguousarray(covariance.transpose(1, 2, 0))
        constant = candidates.log_prior - (np.linalg.slogdet(precision)[1] + k * np.log(prior)) / 2
        places, normal = generator.random(EFFECTS), generator.normal(size=(EFFECTS, k))
        for effect in range(EFFECTS):
            left += drawn[effect] @ given[chosen[effect] % m]
            twice = np.tile(left.reshape(k, m), 2)
            mean = (of_mean * twice).sum(axis=1)
            log_share = constant + (mean * twice).sum(axis=0) / 2
            share = np.exp(log_share - log_share.max())
            cumulative = np.cumsum(share)
            if sweep >= BURN_IN:
                total += mean * (share / cumulative[-1])
            candidate = int(np.searchsorted(cumulative, places[effect] * cumulative[-1], side="right"))
            chosen[effect], drawn[effect] = candidate, mean[:, candidate] + root[candidate] @ normal[effect]
            left -= drawn[effect] @ given[candidate % m]
        squares = float((drawn**2 / candidates.variance[chosen, None]).sum())
        variance = (1 / auxiliary + squares / 2) / generator.gamma((drawn.size + 1) / 2)
        variance = min(max(variance, _LEAST), _GREATEST)
        auxiliary = (1 + 1 / variance) / generator.gamma(1.0)
    return np.asarray(total.reshape(k, 2, m).sum(axis=1) / (SWEEPS - BURN_IN), dtype=float)
