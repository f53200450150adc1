"""Cross-fitted nuisance models: propensity e, probability of an observed outcome g, outcome mean mu.

Each is a short-stack: every candidate predicts out of fold, and one set of convex weights is chosen on those
predictions. Practitioner indicators are in the design of all three (see features.encode); folds are by patient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.causal.boosting import boosted_means, boosted_probabilities
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray
from pipelines.causal.linear import fit_ridge, logistic_probabilities
from pipelines.causal.stacking import log_loss_weights, squared_error_weights

LEARNERS = ("linear", "boosting")
# Below this an arm's own model is its mean: the shared model then carries the arm.
LEAST_ROWS_FOR_AN_ARM = 30
LEAST_MISSING_FOR_A_MODEL = 10


@dataclass(frozen=True)
class Task:
    """Training rows and rows to predict for one fold of an outcome model; arms are codes 0 .. n_arms-1."""

    train: Design
    y: FloatArray
    arm: IntArray
    weight: FloatArray
    new: Design
    n_arms: int
    is_binary: bool
    seed: int


def cross_fit_propensity(
    design: Design, arm: IntArray, weight: FloatArray, fold: IntArray, n_arms: int, learners: Sequence[str], seed: int
) -> tuple[FloatArray, dict[str, float]]:
    """Return out-of-fold propensities (n, n_arms), not clipped, and the stack's weights by learner."""
    stacked, shares = _cross_fit_probabilities(design, arm, weight, fold, n_arms, learners, seed)
    return stacked / stacked.sum(axis=1, keepdims=True), shares


def cross_fit_observation(
    design: Design,
    is_observed: BoolArray,
    arm: IntArray,
    weight: FloatArray,
    fold: IntArray,
    n_arms: int,
    learners: Sequence[str],
    seed: int,
) -> FloatArray:
    """Return out-of-fold probabilities (n, n_arms) that the outcome is observed, had the unit been in each arm.

    With fewer than 10 outcomes missing the observed share stands in; with none missing it is exactly 1.
    """
    n = len(arm)
    if np.sum(~is_observed) < LEAST_MISSING_FOR_A_MODEL or np.sum(is_observed) < LEAST_MISSING_FOR_A_MODEL:
        return np.full((n, n_arms), is_observed.mean())
    own = with_arm(design, arm, n_arms)
    others = [with_arm(design, np.full(n, k, dtype=np.int64), n_arms) for k in range(n_arms)]
    label = is_observed.astype(np.int64)
    stacked, _ = _cross_fit_probabilities(own, label, weight, fold, 2, learners, seed, predict=others)
    return np.column_stack([stacked[:, 2 * k + 1] for k in range(n_arms)])


def cross_fit_outcome(
    design: Design,
    y: FloatArray,
    arm: IntArray,
    weight: FloatArray,
    fold: IntArray,
    n_arms: int,
    is_binary: bool,
    learners: Sequence[str],
    seed: int,
) -> tuple[FloatArray, dict[str, float]]:
    """Return out-of-fold outcome means (n, n_arms) under each arm, and the stack's weights by candidate.

    `y` may hold NaN: such rows are predicted but train nothing. A constant outcome is returned as that constant.
    """
    n = len(y)
    is_observed = np.isfinite(y)
    candidates = [candidate for learner in learners for candidate in OUTCOME_CANDIDATES[learner]]
    predictions = np.zeros((len(candidates), n, n_arms))
    for k in np.unique(fold):
        new = fold == k
        rows = ~new & is_observed
        task = Task(
            design.take(rows), y[rows], arm[rows], weight[rows], design.take(new), n_arms, is_binary, seed + int(k)
        )
        for index, candidate in enumerate(candidates):
            predictions[index, new] = candidate(task)
    own = predictions[:, np.arange(n), arm].T[is_observed]
    shares = squared_error_weights(own, y[is_observed], weight[is_observed])
    return np.tensordot(shares, predictions, axes=1), {
        candidate.__name__: float(share) for candidate, share in zip(candidates, shares, strict=True)
    }


def with_arm(design: Design, arm: IntArray, n_arms: int) -> Design:
    """Return the design with the arm added: indicators in the linear part, a code in the trees' part."""
    indicators = (arm[:, None] == np.arange(1, n_arms)).astype(float)
    return Design(
        linear=np.hstack([design.linear, indicators]),
        trees=np.hstack([design.trees, arm[:, None].astype(float)]),
        is_categorical=np.append(design.is_categorical, n_arms > 2),
        balance=design.balance,
        balance_names=design.balance_names,
        used=design.used,
        left_out=design.left_out,
    )


def linear_shared(task: Task) -> FloatArray:
    """Ridge or logistic regression on covariates and arm indicators: the effect is the same for everybody."""
    return _shared(task, _linear_fit)


def linear_by_arm(task: Task) -> FloatArray:
    """Ridge or logistic regression in each arm apart."""
    return _by_arm(task, _linear_fit)


def boosting_shared(task: Task) -> FloatArray:
    """Boosting with the arm as a feature (S-learner)."""
    return _shared(task, _boosting_fit)


def boosting_by_arm(task: Task) -> FloatArray:
    """Boosting in each arm apart (T-learner)."""
    return _by_arm(task, _boosting_fit)


OutcomeCandidate = Callable[[Task], FloatArray]
OUTCOME_CANDIDATES: dict[str, tuple[OutcomeCandidate, ...]] = {
    "linear": (linear_shared, linear_by_arm),
    "boosting": (boosting_shared, boosting_by_arm),
}

Fit = Callable[[Design, FloatArray, FloatArray, Design, bool, int], FloatArray]


def _shared(task: Task, fit: Fit) -> FloatArray:
    train = with_arm(task.train, task.arm, task.n_arms)
    n = len(task.new.linear)
    stacked = [with_arm(task.new, np.full(n, k, dtype=np.int64), task.n_arms) for k in range(task.n_arms)]
    predicted = fit(train, task.y, task.weight, _stack_rows(stacked), task.is_binary, task.seed)
    return predicted.reshape(task.n_arms, n).T


def _by_arm(task: Task, fit: Fit) -> FloatArray:
    predictions = np.empty((len(task.new.linear), task.n_arms))
    for k in range(task.n_arms):
        rows = task.arm == k
        if rows.sum() < LEAST_ROWS_FOR_AN_ARM:
            source = rows if rows.any() else np.ones_like(rows)
            predictions[:, k] = np.average(task.y[source], weights=task.weight[source])
            continue
        predictions[:, k] = fit(
            task.train.take(rows), task.y[rows], task.weight[rows], task.new, task.is_binary, task.seed
        )
    return predictions


def _linear_fit(
    train: Design, y: FloatArray, weight: FloatArray, new: Design, is_binary: bool, seed: int
) -> FloatArray:
    if y.min() == y.max():
        return np.full(len(new.linear), y[0])
    if is_binary:
        return logistic_probabilities(train.linear, y.astype(np.int64), weight, 2, new.linear)[:, 1]
    return fit_ridge(train.linear, y, weight).predict(new.linear)


def _boosting_fit(
    train: Design, y: FloatArray, weight: FloatArray, new: Design, is_binary: bool, seed: int
) -> FloatArray:
    if y.min() == y.max():
        return np.full(len(new.trees), y[0])
    if is_binary:
        label = y.astype(np.int64)
        return boosted_probabilities(train.trees, train.is_categorical, label, weight, 2, new.trees, seed)[:, 1]
    return boosted_means(train.trees, train.is_categorical, y, weight, new.trees, seed)


def _cross_fit_probabilities(
    design: Design,
    label: IntArray,
    weight: FloatArray,
    fold: IntArray,
    n_labels: int,
    learners: Sequence[str],
    seed: int,
    predict: Sequence[Design] = (),
) -> tuple[FloatArray, dict[str, float]]:
    """Return stacked out-of-fold label probabilities for each design of `predict` side by side (default: `design`)."""
    n = len(label)
    targets = [design, *predict]
    probabilities = np.zeros((len(learners), n, n_labels * len(targets)))
    for k in np.unique(fold):
        new, rows = fold == k, fold != k
        train = design.take(rows)
        wanted = _stack_rows([target.take(new) for target in targets])
        for index, learner in enumerate(learners):
            if learner == "linear":
                long = logistic_probabilities(train.linear, label[rows], weight[rows], n_labels, wanted.linear)
            else:
                long = boosted_probabilities(
                    train.trees, train.is_categorical, label[rows], weight[rows], n_labels, wanted.trees, seed + int(k)
                )
            probabilities[index, new] = np.hstack(np.split(long, len(targets)))
    happened = probabilities[:, np.arange(n), label].T
    shares = log_loss_weights(happened, weight)
    stacked = np.tensordot(shares, probabilities, axes=1)
    by_learner = {learner: float(share) for learner, share in zip(learners, shares, strict=True)}
    return (stacked[:, n_labels:] if predict else stacked), by_learner


def _stack_rows(designs: Sequence[Design]) -> Design:
    first = designs[0]
    return Design(
        linear=np.vstack([design.linear for design in designs]),
        trees=np.vstack([design.trees for design in designs]),
        is_categorical=first.is_categorical,
        balance=np.vstack([design.balance for design in designs]),
        balance_names=first.balance_names,
        used=first.used,
        left_out=first.left_out,
    )
