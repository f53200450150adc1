"""Nuisances that saw neither of two folds, so that a gain owes nothing to its own fold: not even through a nuisance.

With folds k and m out, one fit serves twice: it scores the rows of m for the gains of k, and those of k for the gains
of m. It follows the sample splitting of Kennedy's (2023) DR-learner, as three-way cross-fitting does (Fisher and Fisher
2023, arXiv 2306.07230), but e and mu share their rows. Five folds need ten fits. Averaged over m, the same
fits are the outcome models that fold k's plug-in gains are read from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations

import numpy as np

from pipelines.causal.aipw import aipw_scores
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, joined
from pipelines.causal.learners import Model, Training, fit_kernel, linear_propensity, read_linear
from pipelines.causal.nuisance import LEAST_MISSING_FOR_A_MODEL, CrossFit
from pipelines.causal.outcome_candidates import (
    LEAN_CANDIDATES,
    Task,
    boosting_by_arm,
    by_arm,
    linear_shared,
)
from pipelines.causal.parallel import each
from pipelines.causal.single_effects import fit_single_effects
from pipelines.causal.stacking import log_loss_weights, squared_error_weights

Pair = tuple[int, int]
# Models of everybody are for new people: no gain of a person who was fitted on is read from them. Boosting is unstable: for
# new people the mean of its ten fits is nearer than one fit on all (bagging: Breiman 1996, Mach Learn 24:123).
NOBODY: tuple[int, ...] = ()
BAGGED = "boosting"


def kernel_by_arm(task: Task) -> Model:
    """Smooth curved regression (kernel ridge) in each arm apart; of a binary outcome a linear probability."""
    return by_arm(task, fit_kernel, Design.only_curved)


def pooled_arms(task: Task) -> Model:
    """Regression of all arms at once on lines and steps (see `single_effects`); of a binary outcome a linear probability."""
    training = task.training
    fitted = fit_single_effects(
        training.design.linear,
        training.y,
        task.arm,
        training.weight,
        n_arms=task.n_arms,
        n_practitioner_columns=training.design.n_practitioner_columns,
        seed=training.seed,
    )
    return partial(read_linear, fitted.predict)


# Boosting in each arm apart earns its price as a plug-in; boosted propensities and scores, tried too, did not.
OUTCOME_CANDIDATES: dict[str, tuple[Callable[[Task], Model], ...]] = {
    "linear": (linear_shared, pooled_arms),
    "kernel": (kernel_by_arm,),
    "boosting": (boosting_by_arm,),
}


@dataclass(frozen=True)
class PairModels:
    """What was fitted without two folds: candidates of the outcome model, the propensities, and the candidates of the
    probability that the outcome is known, none when every outcome is."""

    outcome: tuple[Model, ...]
    propensity: Model
    observation: tuple[Model, ...]


@dataclass(frozen=True)
class WithoutFold:
    """What is known without one fold. `rows` (r,): the units outside it. `scores` (r, arms): doubly robust, in units
    of the outcome. `inverse` (r, arms): 1 / (e g), their variance up to the outcome's. `means` (candidates, r, arms):
    outcome means for an average practitioner."""

    rows: IntArray
    scores: FloatArray
    inverse: FloatArray
    means: FloatArray


@dataclass(frozen=True)
class LeaveTwoOut:
    """All pairs of folds of one draw. `y` (n,) may hold NaN; `answering`: what explains who answered, the design itself or
    more. `of_everybody`: candidate -> outcome model fitted without leaving anybody out, for new people only."""

    setting: CrossFit
    y: FloatArray
    answering: Design
    is_binary: bool
    clip: float
    models: dict[Pair, PairModels]
    of_everybody: dict[str, Model]

    @cached_property
    def is_observed(self) -> BoolArray:
        """Return whether the outcome is known (n,)."""
        return np.isfinite(self.y)

    def without(self, fold: int, open_practitioner: Design) -> WithoutFold:
        """Return the scores and outcome means of everybody outside this fold.

        open_practitioner: the rows of the setting's design with an average practitioner.
        """
        setting = self.setting
        rows = np.flatnonzero(setting.fold != fold)
        arm, weight, y = setting.arm[rows], setting.weight[rows], self.y[rows]
        is_observed = self.is_observed[rows]
        mu = self._read("outcome", setting.design, fold)[:, rows]
        own = np.arange(len(rows)), arm
        shares = squared_error_weights(mu[:, *own][:, is_observed].T, y[is_observed], weight[is_observed])
        e = np.maximum(self._read("propensity", setting.design, fold)[0, rows], self.clip)
        g = self._observed_share(fold, rows, own)
        stacked = np.tensordot(shares, mu, axes=1)
        return WithoutFold(
            rows=rows,
            scores=aipw_scores(stacked, e, g, y, arm),
            inverse=1 / (e * g),
            means=self._read("outcome", open_practitioner, fold)[:, rows],
        )

    def _observed_share(self, fold: int, rows: IntArray, own: tuple[IntArray, IntArray]) -> FloatArray:
        is_observed, weight = self.is_observed[rows], self.setting.weight[rows]
        g = self._read("observation", self.answering, fold)
        if not len(g):
            return np.full((len(rows), self.setting.n_arms), is_observed.mean())
        g = g[:, rows]
        likelihood = np.where(is_observed[:, None], g[:, *own].T, 1 - g[:, *own].T)
        return np.maximum(np.tensordot(log_loss_weights(likelihood, weight), g, axes=1), self.clip)

    def _read(self, kind: str, design: Design, fold: int) -> FloatArray:
        """Return what the models without `fold` say of every other fold (candidates, n, arms)."""
        n_models = len(_models_of(next(iter(self.models.values())), kind))
        said = np.full((n_models, len(self.y), self.setting.n_arms), np.nan)
        for other in sorted(set(self.setting.fold.tolist()) - {fold}):
            rows = self.setting.fold == other
            new = design.take(rows)
            for index, model in enumerate(_models_of(self.models[pair_of(fold, other)], kind)):
                said[index, rows] = model(new)
        return said


def fit_leave_two_out(
    setting: CrossFit, y: FloatArray, later: Design | None = None, *, is_binary: bool, clip: float
) -> LeaveTwoOut:
    """Fit the nuisances without every pair of the setting's folds, outcome models on everybody too; clip is the least e and g
    divided by.

    later: columns known after time zero that may explain who answered; outcome models are then weighted by 1 / g, because
    these columns are not in them.
    """
    answering = setting.design if later is None else joined(setting.design, later)
    pairs = list(combinations(sorted(set(setting.fold.tolist())), 2))
    lean = answering.only_linear()
    fit = partial(_fit_without, setting, y, lean, is_binary=is_binary, least_g=None if later is None else clip)
    *fitted, of_everybody = each(fit, [*pairs, NOBODY], setting.n_jobs)
    models = dict(zip(pairs, fitted, strict=True))
    names = outcome_names(_learners(setting, NOBODY))
    by_name = dict(zip(names, of_everybody.outcome, strict=True))
    return LeaveTwoOut(setting, y, answering, is_binary, clip, models, by_name)


def _learners(setting: CrossFit, left_out: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(learner for learner in setting.learners if left_out or learner != BAGGED)


def _fit_without(
    setting: CrossFit,
    y: FloatArray,
    answering: Design,
    left_out: tuple[int, ...],
    *,
    is_binary: bool,
    least_g: float | None,
) -> PairModels:
    """Fit without these folds; outcome models are weighted by 1 / g, g at least `least_g`, unless that is None."""
    is_known = np.isfinite(y)
    rows = ~np.isin(setting.fold, left_out)
    known, seed = rows & is_known, setting.seed + (100 * left_out[0] + left_out[1] if left_out else 999)
    design, arm, weight = setting.design.only_linear().take(rows), setting.arm[rows], setting.weight[rows]
    knowing = Task(
        Training(answering.take(rows), is_known[rows].astype(float), weight, True, seed), arm, setting.n_arms
    )
    has_observation_model = min(is_known.sum(), (~is_known).sum()) >= LEAST_MISSING_FOR_A_MODEL
    observation = tuple(fit(knowing) for fit in LEAN_CANDIDATES["linear"]) if has_observation_model else ()
    of_known = setting.weight[known]
    if observation and least_g is not None:
        given = np.arange(int(known.sum())), setting.arm[known]
        g = np.mean([model(answering.take(known))[given] for model in observation], axis=0)
        of_known = of_known / np.maximum(g, least_g)
    on_outcome = Training(setting.design.take(known), y[known], of_known, is_binary, seed)
    outcome = Task(on_outcome, setting.arm[known], setting.n_arms)
    return PairModels(
        outcome=tuple(fit(outcome) for learner in _learners(setting, left_out) for fit in OUTCOME_CANDIDATES[learner]),
        propensity=linear_propensity(design, arm, weight, setting.n_arms, seed),
        observation=observation,
    )


def _models_of(fitted: PairModels, kind: str) -> tuple[Model, ...]:
    models = getattr(fitted, kind)
    return models if isinstance(models, tuple) else (models,)


def plug_in_means(models: dict[Pair, PairModels], new: Design) -> dict[int, FloatArray]:
    """Return for each fold the outcome means (candidates, n_new, arms) of its pairs' models, averaged."""
    said = {pair: np.array([model(new) for model in fitted.outcome]) for pair, fitted in models.items()}
    folds = sorted({fold for pair in models for fold in pair})
    return {fold: np.mean([said[pair] for pair in said if fold in pair], axis=0) for fold in folds}


def pair_of(one: int, other: int) -> Pair:
    """Return two folds in order."""
    return min(one, other), max(one, other)


def outcome_names(learners: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the outcome candidates in the order of `WithoutFold.means`."""
    return tuple(fit.__name__ for learner in learners for fit in OUTCOME_CANDIDATES[learner])
