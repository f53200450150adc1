"""Candidate models of an individual gain and the convex weights that combine them.

The score of a unit is phi = psi(treated) - psi(comparator), psi the doubly robust score of an arm: its mean given the
covariates is the gain when either nuisance is right (DR-learner, Kennedy 2023, Electron J Stat 17:3008). Regressions of
phi are weighted by 1 / (1 / e g of the treated + 1 / e g of the comparator), the inverse of its variance up to the
outcome's (Fisher 2023, arXiv 2307.09700; what relates them to the R-learner of Nie and Wager 2021, Biometrika 108:299).
The weights minimise the same weighted squared error out of fold (super learner: van der Laan, Polley and Hubbard 2007;
of effects: Nie and Wager 2021, section 3; Knaus, Lechner and Strittmatter 2021 compare the candidates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.causal.features import Design, FloatArray, IntArray
from pipelines.causal.learners import Model, Training, fit_linear
from pipelines.causal.leave_two_out import WithoutFold
from pipelines.causal.nuisance import CrossFit
from pipelines.causal.stacking import ExpectedWeights, squared_error_weights

CONSTANT = "constant"
REGRESSION = "dr_ridge"
# This candidate's gain is the same for everybody: the constant already stands for it.
WITHOUT_GAIN = "linear_shared"
# Has the weight before scores are looked at: of the candidates it alone shrinks differences between arms as their evidence asks.
EXPECTED = "pooled_arms"
# How far a weight may be from what is expected (standard deviations, chosen in decision 19): less for candidates that are learned
# from scores alone, which are ten times noisier than gains.
SPREAD, SPREAD_OF_SCORES = 0.5, 0.1


@dataclass(frozen=True)
class FoldGain:
    """The stack of one contrast fitted without one fold: mean + sum of weight x (candidate - its mean).

    `mean`: mean score, the average gain in units of the outcome. `weights`: name -> weight, summing to 1 with the
    constant. `centres` (candidates,): means of the candidates out of fold. `regression`: ridge, fitted on every score.
    `plug_ins`: positions of the outcome candidates.
    """

    mean: float
    weights: dict[str, float]
    centres: FloatArray
    regression: Model
    plug_ins: tuple[int, ...]
    arms: tuple[int, int]

    def read(self, people: Design, means: FloatArray) -> FloatArray:
        """Return gains (n,) of these people, whose outcome means (candidates, n, arms) the plug-ins compare."""
        treated, comparator = self.arms
        said = [self.regression(people)]
        said += [means[index, :, treated] - means[index, :, comparator] for index in self.plug_ins]
        weights = np.array([weight for name, weight in self.weights.items() if name != CONSTANT])
        return np.asarray(self.mean + weights @ (np.array(said) - self.centres[:, None]), dtype=float)


def fit_fold_gain(
    known: WithoutFold, arms: tuple[int, int], *, setting: CrossFit, people: Design, names: Sequence[str]
) -> FoldGain:
    """Fit the candidates of one contrast and their weights on what is known without one fold.

    arms: codes of treated and comparator. people: covariates of all units without practitioner. names: of the outcome
    candidates. Every candidate is moved to the mean score out of fold, so that the average gain is the doubly robust
    one whatever the weights.
    """
    treated, comparator = arms
    rows, seed = known.rows, setting.seed
    fold, weight = setting.fold[rows], setting.weight[rows]
    score = known.scores[:, treated] - known.scores[:, comparator]
    precision = weight / (known.inverse[:, treated] + known.inverse[:, comparator])
    mean = float(np.average(score, weights=weight))
    design = people.take(rows)
    plug_ins = tuple(index for index, name in enumerate(names) if name != WITHOUT_GAIN)
    out_of_fold = [_out_of_fold(design, score, precision, fold, seed)]
    out_of_fold += [known.means[index, :, treated] - known.means[index, :, comparator] for index in plug_ins]
    candidates = np.array(out_of_fold)
    centres = np.average(candidates, axis=1, weights=weight)
    apart = np.column_stack([np.zeros(len(rows)), *(_within_folds(one, fold, weight) for one in candidates)])
    labels = (CONSTANT, REGRESSION, *(names[index] for index in plug_ins))
    prior = ExpectedWeights(
        mean=np.array([float(label == EXPECTED) for label in labels]),
        spread=np.array([SPREAD_OF_SCORES if label in (CONSTANT, REGRESSION) else SPREAD for label in labels]),
    )
    shares = squared_error_weights(apart, _within_folds(score, fold, weight), precision, prior)
    return FoldGain(
        mean=mean,
        weights=dict(zip(labels, shares.tolist(), strict=True)),
        centres=centres,
        regression=fit_linear(Training(design, score, precision, is_binary=False, seed=seed)),
        plug_ins=plug_ins,
        arms=arms,
    )


def _within_folds(values: FloatArray, fold: IntArray, weight: FloatArray) -> FloatArray:
    """Return the differences (n,) from the mean of the own fold."""
    means = np.bincount(fold, values * weight) / np.maximum(np.bincount(fold, weight), 1e-300)
    return np.asarray(values - means[fold], dtype=float)


def _out_of_fold(design: Design, score: FloatArray, precision: FloatArray, fold: IntArray, seed: int) -> FloatArray:
    said = np.empty(len(score))
    for k in np.unique(fold):
        new = fold == k
        training = Training(design.take(~new), score[~new], precision[~new], is_binary=False, seed=seed + int(k))
        said[new] = fit_linear(training)(design.take(new))
    return said
