"""Clones of episodes, one a strategy, followed until they leave it: their scores, whose mean is the strategy's.

Censoring and weighting of clones: Hernan (BMJ 2018), Cain et al. (International Journal of Biostatistics 2010). With H_k what
was seen by visit k, p_k the probability of staying with the strategy at it, W_k the product of 1(stays) / p up to visit k,
R = 1 where the outcome is known, g its probability and m_k = E[Y | H_k, stays from k on], a clone scores

    W_K R / g (Y - m_K) + W_K m_K - sum over k of (W_k - W_k-1) m_k,        W_-1 = 1

(Robins, Rotnitzky and Zhao, Journal of the American Statistical Association 1995; Tsiatis 2006, chapter 9). Each term with m has
mean zero when p and g are right, whatever m is: m takes out of the scores what the estimated weights could have told, so that the
spread of the scores is that of the estimate. An inverse-probability mean of weights taken as known is too uncertain of itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipelines.causal.calibration import calibrated_propensities, standardised_among
from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.nuisance import CrossFit, cross_fit_outcome, cross_fit_propensity, one_arm_a_row
from pipelines.causal.protocol import GraceStrategy

AT_TIME_ZERO, LAST_CHANCE, LATER = range(3)
"""At what kind of visit a clone is: at the last chance it can no longer wait for what its strategy awaits."""
# With fewer visits that leave, or stay, their share stands in for a model.
LEAST_OF_EACH = 10
# The outcome models only take variance out: regressions do most of that, and boosting would double the price of an outcome.
OUTCOME_LEARNERS = ("linear",)


@dataclass(frozen=True)
class Clones:
    """Visits of a strategy's clones, by episode and time, up to the one at which a clone leaves: `visit` (m,) row of all visits,
    `episode` (m,), `kind` (m,), `may_leave` (m,) and `stays` (m,)."""

    visit: IntArray
    episode: IntArray
    kind: IntArray
    may_leave: BoolArray
    stays: BoolArray

    def take(self, rows: BoolArray, within: BoolArray) -> Clones:
        """Return the clones of some episodes: `rows` (m,) of the visits, `within` (episodes,) which are numbered anew."""
        number = np.cumsum(within) - 1
        return Clones(
            self.visit[rows], number[self.episode[rows]], self.kind[rows], self.may_leave[rows], self.stays[rows]
        )


def clones_of(visits: pd.DataFrame, strategy: GraceStrategy) -> Clones:
    """Return the clones of a strategy.

    visits: a row a visit, sorted by `row` (the episode's) and visit_no (0 at time zero), with its `treatment`. A clone leaves at a
    treatment that the strategy forbids, or at the first visit after time zero's when what it awaits was not given by then.
    """
    episode, treatment = visits["row"], visits["treatment"]
    is_given = treatment.isin(strategy.awaited)
    was_given = (is_given.astype(int).groupby(episode).cumsum() - is_given) > 0
    is_later = visits["visit_no"] > 0
    is_first_later = is_later & (is_later.astype(int).groupby(episode).cumsum() == 1)
    waits = bool(strategy.awaited) & ~was_given
    is_last_chance = is_first_later & waits
    leaves = treatment.isin(strategy.forbidden) | (is_last_chance & ~is_given)
    has_left = (leaves.astype(int).groupby(episode).cumsum() - leaves) > 0
    may_leave = is_last_chance | bool(strategy.forbidden)
    # Where nothing is forbidden any more and nothing awaited, what is done says nothing of the strategy.
    kept = ~has_left & (may_leave | ~is_later)
    kind = np.select([is_last_chance, is_later], [LAST_CHANCE, LATER], AT_TIME_ZERO)
    rows = np.flatnonzero(kept)
    return Clones(
        rows,
        episode.to_numpy(dtype=np.int64)[rows],
        kind[rows],
        may_leave.to_numpy(dtype=bool)[rows],
        ~leaves.to_numpy(dtype=bool)[rows],
    )


def stay_probabilities(clones: Clones, setting: CrossFit, clip: float) -> FloatArray:
    """Return the probability (m,) of staying at each visit of the clones, 1 where a clone cannot leave, at least `clip`.

    setting: `design` of all visits, `fold` (episodes,). A model each of time zero's visits, of the last chances and of the later
    visits, calibrated to what was seen there.
    """
    probability = np.ones(len(clones.visit))
    for kind in (AT_TIME_ZERO, LAST_CHANCE, LATER):
        part = np.flatnonzero(clones.may_leave & (clones.kind == kind))
        stays = clones.stays[part].astype(np.int64)
        if min(stays.sum(), len(stays) - stays.sum()) < LEAST_OF_EACH:
            probability[part] = stays.mean() if len(stays) else 1.0
            continue
        weight, fold = np.ones(len(part)), setting.fold[clones.episode[part]]
        design = setting.design.take(clones.visit[part])
        modelled, _ = cross_fit_propensity(
            replace(setting, design=design, arm=stays, weight=weight, fold=fold, n_arms=2)
        )
        covariates = standardised_among(design.balance)
        probability[part] = calibrated_propensities(modelled, covariates, stays, weight)[:, 1]
    return np.maximum(probability, clip)


def cumulated(clones: Clones, probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the clones' weights (m,) before and after each visit: products of 1(stays) / p over the visits so far."""
    ratio = clones.stays / probability
    after = np.ones(len(ratio))
    is_first = np.append(True, clones.episode[1:] != clones.episode[:-1])
    since = np.arange(len(ratio)) - np.maximum.accumulate(np.where(is_first, np.arange(len(ratio)), 0))
    for place in range(int(since.max(initial=-1)) + 1):
        rows = np.flatnonzero(since == place)
        after[rows] = ratio[rows] * (after[rows - 1] if place else 1.0)
    before = np.where(is_first, 1.0, np.append(1.0, after[:-1]))
    return before, after


def clone_scores(
    clones: Clones, probability: FloatArray, setting: CrossFit, y: FloatArray, g: FloatArray, *, is_binary: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return of each episode (n,): its score of a strategy; its clone's final weight W R / g, 0 where it left or is unknown; and
    that weight times the spread of outcomes about m after such a last visit, whatever the weight.

    setting as for `stay_probabilities`; y (n,) NaN where unknown; g (n,) probability that it is known.
    """
    n, episode = len(y), clones.episode
    before, after = cumulated(clones, probability)
    final = np.ones(n)
    final[episode] = after
    answered = np.where(np.isfinite(y), 1 / g, 0.0)
    onward = np.divide(final[episode], before, out=np.zeros_like(before), where=before > 0)
    task = replace(
        setting,
        design=setting.design.take(clones.visit),
        arm=clones.kind,
        weight=onward * answered[episode],
        fold=setting.fold[episode],
        n_arms=3,
        learners=OUTCOME_LEARNERS,
    )
    known = np.where(onward > 0, y[episode], np.nan)
    means, _ = cross_fit_outcome(task, known, is_binary, is_lean=True, asked=one_arm_a_row(clones.kind, task.n_arms))
    expected = means[np.arange(len(episode)), clones.kind]
    last = np.zeros(n)
    last[episode] = expected
    score = final * (answered * (np.where(np.isfinite(y), y, 0.0) - last) + last)
    np.subtract.at(score, episode, (after - before) * expected)
    weight = final * answered
    return score, weight, _noise(clones, weight, y - last)


def _noise(clones: Clones, weight: FloatArray, residual: FloatArray) -> FloatArray:
    kind = np.zeros(len(weight), dtype=np.int64)
    kind[clones.episode] = clones.kind
    spread = np.zeros(len(weight))
    for one in (AT_TIME_ZERO, LAST_CHANCE, LATER):
        counts = (weight > 0) & (kind == one)
        if counts.any():
            spread[counts] = np.sqrt(np.mean(residual[counts] ** 2))
    return weight * spread
