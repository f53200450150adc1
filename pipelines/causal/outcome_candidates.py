"""Outcome models of a fold, the candidates of the stack: what all arms share, and each arm apart.

A candidate is fitted on a `Task` and reads a row of means, one an arm, off any other rows of the design.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pipelines.causal.features import Design, FloatArray, IntArray
from pipelines.causal.learners import Model, Training, constant_model, fit_boosting, fit_linear

# Below this an arm's own model is its mean: the shared model then carries the arm.
LEAST_ROWS_FOR_AN_ARM = 30
ROWS_READ_AT_A_TIME = 25_000


@dataclass(frozen=True)
class Task:
    """Training rows with their arms, for one fold of an outcome model."""

    training: Training
    arm: IntArray
    n_arms: int


def with_arm(design: Design, arm: IntArray, n_arms: int) -> Design:
    """Return the design with the arm added: indicators in the linear part, a code in the trees' part."""
    indicators = (arm[:, None] == np.arange(1, n_arms)).astype(design.linear.dtype)
    return replace(
        design,
        linear=np.hstack([design.linear, indicators]),
        trees=np.hstack([design.trees, arm[:, None].astype(design.trees.dtype)]),
        is_categorical=np.append(design.is_categorical, n_arms > 2),
    )


def linear_shared(task: Task) -> Model:
    """Ridge or logistic regression on covariates and arm indicators: the effect is the same for everybody."""
    return _shared(task, fit_linear, Design.only_linear)


def linear_by_arm(task: Task) -> Model:
    """Ridge or logistic regression in each arm apart."""
    return by_arm(task, fit_linear, Design.only_linear)


def boosting_shared(task: Task) -> Model:
    """Boosting with the arm as a feature (S-learner)."""
    return _shared(task, fit_boosting, Design.only_trees)


def boosting_by_arm(task: Task) -> Model:
    """Boosting in each arm apart (T-learner)."""
    return by_arm(task, fit_boosting, Design.only_trees)


OutcomeCandidate = Callable[[Task], Model]
OUTCOME_CANDIDATES: dict[str, tuple[OutcomeCandidate, ...]] = {
    "linear": (linear_shared, linear_by_arm),
    "boosting": (boosting_shared, boosting_by_arm),
}
# Who answers, and what comes of a stage, can depend on other things in each arm: boosting finds that with the arm as a feature,
# at a price of one fit instead of one an arm.
LEAN_CANDIDATES: dict[str, tuple[OutcomeCandidate, ...]] = {
    "linear": (linear_shared, linear_by_arm),
    "boosting": (boosting_shared,),
}


def _shared(task: Task, fit: Callable[[Training], Model], part: Callable[[Design], Design]) -> Model:
    with_arms = with_arm(part(task.training.design), task.arm, task.n_arms)
    return partial(_under_each_arm, fit(replace(task.training, design=with_arms)), task.n_arms, part)


def _under_each_arm(model: Model, n_arms: int, part: Callable[[Design], Design], new: Design) -> FloatArray:
    n, new = len(new.linear), part(new)
    if n > ROWS_READ_AT_A_TIME // 2:
        return _under_one_arm_after_another(model, n_arms, new)
    under_each = [with_arm(new, np.full(n, k, dtype=np.int64), n_arms) for k in range(n_arms)]
    return model(_stack_rows(under_each)).reshape(n_arms, n).T


def _under_one_arm_after_another(model: Model, n_arms: int, new: Design) -> FloatArray:
    """Return the same of many rows, whose columns are copied once and not for every arm."""
    n = len(new.linear)
    given = with_arm(new, np.zeros(n, dtype=np.int64), n_arms)
    said = np.empty((n, n_arms))
    for k in range(n_arms):
        given.linear[:, new.linear.shape[1] :] = np.arange(1, n_arms) == k
        given.trees[:, -1] = k
        said[:, k] = model(given)
    return said


def by_arm(task: Task, fit: Callable[[Training], Model], part: Callable[[Design], Design]) -> Model:
    """Return the model that reads each arm's means off that arm's own fit, on the part of the design that it reads."""
    training, design = task.training, part(task.training.design)
    models: list[Model] = []
    for k in range(task.n_arms):
        rows = task.arm == k
        if rows.sum() < LEAST_ROWS_FOR_AN_ARM:
            source = rows if rows.any() else np.ones_like(rows)
            mean = float(np.average(training.y[source], weights=training.weight[source]))
            models.append(constant_model(mean))
            continue
        in_arm = replace(training, design=design.take(rows), y=training.y[rows], weight=training.weight[rows])
        models.append(fit(in_arm))
    return partial(_each_arms_own, models)


def _each_arms_own(models: Sequence[Model], new: Design) -> FloatArray:
    return np.column_stack([model(new) for model in models])


def _stack_rows(designs: Sequence[Design]) -> Design:
    return replace(
        designs[0],
        linear=np.vstack([design.linear for design in designs]),
        trees=np.vstack([design.trees for design in designs]),
        balance=np.vstack([design.balance for design in designs]),
        curved=None,
    )
