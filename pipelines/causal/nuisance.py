"""Cross-fitted nuisance models: propensity e, probability of an observed outcome g, outcome mean mu.

Each is a short-stack: every candidate predicts out of fold, and one set of convex weights is chosen on those
predictions. Practitioner indicators are in the design of all three (see features.encode); folds are by patient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray
from pipelines.causal.learners import PROPENSITY_CANDIDATES, Model, Training
from pipelines.causal.outcome_candidates import (
    LEAN_CANDIDATES,
    OUTCOME_CANDIDATES,
    ROWS_READ_AT_A_TIME,
    OutcomeCandidate,
    Task,
)
from pipelines.causal.parallel import each
from pipelines.causal.stacking import log_loss_weights, squared_error_weights

LEARNERS = ("linear", "boosting")
LEAST_MISSING_FOR_A_MODEL = 10


@dataclass(frozen=True)
class CrossFit:
    """What the nuisance models of one repeat share: rows are units, arms are codes 0 .. n_arms-1. `n_jobs`: folds at a time.

    `training`: weights of the rows that teach (see `training_sample`), None where all do. A row that does not is scored by the
    models of its own fold, as all rows are: those of which no patient of the fold was a part."""

    design: Design
    arm: IntArray
    weight: FloatArray
    fold: IntArray
    n_arms: int
    learners: Sequence[str]
    seed: int
    n_jobs: int | None = None
    training: FloatArray | None = None

    @property
    def teaches(self) -> BoolArray | slice:
        """Return which rows models and stacks learn from."""
        return slice(None) if self.training is None else self.training > 0

    @property
    def training_weight(self) -> FloatArray:
        """Return the weight of each row when a model is fitted (n,)."""
        return self.weight if self.training is None else self.weight * self.training

    def take(self, rows: BoolArray) -> CrossFit:
        """Return the setting of these rows only."""
        return replace(
            self,
            design=self.design.take(rows),
            arm=self.arm[rows],
            weight=self.weight[rows],
            fold=self.fold[rows],
            training=None if self.training is None else self.training[rows],
        )


@dataclass(frozen=True)
class Part:
    """What one fold's models need and no more: rows that teach, and rows of the fold, which they are read on. `targets`: what is
    to be told, known of the same rows; `asked`: the arms that each is read under (None: all)."""

    teaching: CrossFit
    targets: tuple[FloatArray, ...]
    wanted: Design
    asked: tuple[BoolArray | None, ...]
    k: int


def cross_fit_propensity(setting: CrossFit) -> tuple[FloatArray, dict[str, float]]:
    """Return out-of-fold propensities (n, n_arms), not clipped, and the stack's weights by learner."""
    teaches = np.arange(len(setting.arm))[setting.teaches]
    probabilities = _in_order(setting, _propensities_of_fold)
    own = probabilities[:, teaches, setting.arm[teaches]].T
    shares = log_loss_weights(own, setting.training_weight[teaches])
    stacked = np.tensordot(shares, probabilities, axes=1)
    return stacked / stacked.sum(axis=1, keepdims=True), dict(zip(setting.learners, shares.tolist(), strict=True))


def _propensities_of_fold(part: Part) -> FloatArray:
    """Return the propensities (learners, rows of the fold, n_arms) of a fold by models of the others."""
    setting, design = part.teaching, part.teaching.design.with_precision()
    fits = [PROPENSITY_CANDIDATES[learner] for learner in setting.learners]
    models = [fit(design, setting.arm, setting.weight, setting.n_arms, setting.seed + part.k) for fit in fits]
    return read_in_pieces(models, part.wanted)


def _in_order(
    setting: CrossFit,
    of_fold: Callable[[Part], FloatArray],
    targets: Sequence[FloatArray] = (),
    asked: Sequence[BoolArray | None] = (),
) -> FloatArray:
    """Return what `of_fold` says of each fold's rows (..., rows, n_arms), put together in the order of all rows (..., n, n_arms).

    targets, each (n,): where they are NaN a row teaches nothing.
    """
    folds = np.unique(setting.fold).tolist()
    said = each(of_fold, folds, setting.n_jobs, partial(_part, _for_models(setting), tuple(targets), tuple(asked)))
    together = np.empty((*said[0].shape[:-2], len(setting.fold), setting.n_arms))
    for k, predictions in zip(folds, said, strict=True):
        together[..., setting.fold == k, :] = predictions
    return together


def _part(setting: CrossFit, targets: tuple[FloatArray, ...], asked: tuple[BoolArray | None, ...], k: int) -> Part:
    new = setting.fold == k
    teaches = ~new if setting.training is None else ~new & (setting.training > 0)
    teaches = teaches & np.isfinite(targets[0]) if targets else teaches
    return Part(
        teaching=replace(setting.take(teaches), weight=setting.training_weight[teaches]),
        targets=tuple(y[teaches] for y in targets),
        wanted=setting.design.take(new),
        asked=tuple(None if arms is None else arms[new] for arms in asked),
        k=k,
    )


def read_in_pieces(models: Sequence[Model], wanted: Design) -> FloatArray:
    """Return what each model says of these rows (models, n, ...), of so many at a time that no copy of them gets large."""
    return np.concatenate([[model(piece) for model in models] for _, piece in _pieces(wanted)], axis=1)


def _pieces(wanted: Design) -> Iterator[tuple[slice, Design]]:
    for start in range(0, max(len(wanted.linear), 1), ROWS_READ_AT_A_TIME):
        rows = slice(start, start + ROWS_READ_AT_A_TIME)
        yield rows, wanted.take(rows).with_precision()


def one_arm_a_row(arm: IntArray, n_arms: int) -> BoolArray:
    """Return what is asked for (n, n_arms) when of each row one arm is read (n,)."""
    return np.asarray(arm[:, None] == np.arange(n_arms))


def cross_fit_observation(setting: CrossFit, is_observed: BoolArray, asked: BoolArray | None = None) -> FloatArray:
    """Return out-of-fold probabilities (n, n_arms) that the outcome is observed, had the unit been in each arm.

    With fewer than 10 outcomes missing the observed share stands in; with none missing it is exactly 1. asked: as for
    `cross_fit_outcome`.
    """
    n = len(setting.arm)
    if min(np.sum(~is_observed), np.sum(is_observed)) < LEAST_MISSING_FOR_A_MODEL:
        return np.full((n, setting.n_arms), is_observed.mean())
    candidates = [candidate for learner in setting.learners for candidate in LEAN_CANDIDATES[learner]]
    (predictions,) = _cross_fit_candidates(setting, [is_observed.astype(float)], True, candidates, [asked])
    teaches = np.arange(n)[setting.teaches]
    own = predictions[:, teaches, setting.arm[teaches]].T
    likelihood = np.where(is_observed[teaches, None], own, 1 - own)
    shares = log_loss_weights(likelihood, setting.training_weight[teaches])
    return np.asarray(np.tensordot(shares, predictions, axes=1), dtype=float)


def cross_fit_outcome(
    setting: CrossFit, y: FloatArray, is_binary: bool, *, is_lean: bool = False, asked: BoolArray | None = None
) -> tuple[FloatArray, dict[str, float]]:
    """Return out-of-fold outcome means (n, n_arms) under each arm, and the stack's weights by candidate.

    `y` may hold NaN: such rows are predicted but train nothing. A constant outcome is returned as that constant. Lean: without
    boosting in each arm apart. asked (n, n_arms): the arms that are read of each row, None for all; the rest may be NaN, and no
    number depends on it. Reading boosted trees of everybody under every arm is most of what a large trial costs.
    """
    return cross_fit_outcomes(setting, [y], is_binary, is_lean=is_lean, asked=[asked])[0]


def cross_fit_outcomes(
    setting: CrossFit,
    targets: Sequence[FloatArray],
    is_binary: bool,
    *,
    is_lean: bool = False,
    asked: Sequence[BoolArray | None],
) -> list[tuple[FloatArray, dict[str, float]]]:
    """Return of each target, and the arms asked of it, what `cross_fit_outcome` returns.

    Rows are then copied and sent to processes once for all of them: of very many rows that takes longer than the models. Raises
    ValueError when the targets are not known of the same rows.
    """
    is_known = np.isfinite(targets[0])
    if any((np.isfinite(y) != is_known).any() for y in targets):
        raise ValueError("outcomes that are fitted together must be known of the same rows")
    teaches = np.flatnonzero(is_known if setting.training is None else is_known & setting.teaches)
    by_learner = LEAN_CANDIDATES if is_lean else OUTCOME_CANDIDATES
    candidates = [candidate for learner in setting.learners for candidate in by_learner[learner]]
    names = [candidate.__name__ for candidate in candidates]
    found = []
    predicted = _cross_fit_candidates(setting, targets, is_binary, candidates, asked)
    for y, predictions in zip(targets, predicted, strict=True):
        own = predictions[:, teaches, setting.arm[teaches]].T
        shares = squared_error_weights(own, y[teaches], setting.training_weight[teaches])
        found.append((np.tensordot(shares, predictions, axes=1), dict(zip(names, shares.tolist(), strict=True))))
    return found


def _cross_fit_candidates(
    setting: CrossFit,
    targets: Sequence[FloatArray],
    is_binary: bool,
    candidates: Sequence[OutcomeCandidate],
    asked: Sequence[BoolArray | None],
) -> FloatArray:
    """Return out-of-fold predictions (targets, candidates, n, n_arms), of rows that teach in their own arm besides."""
    teaches = np.arange(len(setting.arm))[setting.teaches]
    with_own = [None if arms is None else arms.copy() for arms in asked]
    for arms in with_own:
        if arms is not None:
            arms[teaches, setting.arm[teaches]] = True
    return _in_order(setting, partial(_candidates_of_fold, is_binary, tuple(candidates)), targets, with_own)


def _for_models(setting: CrossFit) -> CrossFit:
    return replace(setting, design=setting.design.without_balance())


def _candidates_of_fold(is_binary: bool, candidates: Sequence[OutcomeCandidate], part: Part) -> FloatArray:
    """Return the candidates' predictions (targets, candidates, rows of the fold, n_arms) of a fold by models of the others."""
    setting, design = part.teaching, part.teaching.design.with_precision()
    tasks = [
        Task(Training(design, y, setting.weight, is_binary, setting.seed + part.k), setting.arm, setting.n_arms)
        for y in part.targets
    ]
    models = [[candidate(task) for candidate in candidates] for task in tasks]
    pieces = []
    for rows, piece in _pieces(part.wanted):
        told = [None if arms is None else arms[rows] for arms in part.asked]
        pieces.append([[model(piece, arms) for model in of_one] for of_one, arms in zip(models, told, strict=True)])
    return np.concatenate(pieces, axis=2)
