"""Outcome models of a fold, the candidates of the stack: what all arms share, and each arm apart.

A candidate is fitted on a `Task` and reads a row of means, one an arm, off any other rows of the design.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray
from pipelines.causal.learners import Model, Training, constant_model, fit_boosting, fit_linear

# Below this an arm's own model is its mean: the shared model then carries the arm.
LEAST_ROWS_FOR_AN_ARM = 30
# Few enough that what the trees read stays near the processor: pieces of 25,000 rows took half as long again.
ROWS_READ_AT_A_TIME = 8_000


class ArmsModel(Protocol):
    """A fitted model of all arms."""

    def __call__(self, new: Design, asked: BoolArray | None = None, /) -> FloatArray:
        """Return the mean of each row under each arm (n, n_arms); with `asked` (n, n_arms) the others may be NaN."""


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


def linear_shared(task: Task) -> ArmsModel:
    """Ridge or logistic regression on covariates and arm indicators: the effect is the same for everybody."""
    return _shared(task, fit_linear, Design.only_linear)


def linear_by_arm(task: Task) -> ArmsModel:
    """Ridge or logistic regression in each arm apart."""
    return by_arm(task, fit_linear, Design.only_linear)


def boosting_shared(task: Task) -> ArmsModel:
    """Boosting with the arm as a feature (S-learner)."""
    return _shared(task, fit_boosting, Design.only_trees)


def boosting_by_arm(task: Task) -> ArmsModel:
    """Boosting in each arm apart (T-learner)."""
    return by_arm(task, fit_boosting, Design.only_trees)


OutcomeCandidate = Callable[[Task], ArmsModel]
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


def _shared(task: Task, fit: Callable[[Training], Model], part: Callable[[Design], Design]) -> ArmsModel:
    with_arms = with_arm(part(task.training.design), task.arm, task.n_arms)
    return partial(_under_each_arm, fit(replace(task.training, design=with_arms)), task.n_arms, part)


def _under_each_arm(
    model: Model, n_arms: int, part: Callable[[Design], Design], new: Design, asked: BoolArray | None = None
) -> FloatArray:
    n, new = len(new.linear), part(new)
    if not new.trees.shape[1]:
        asked = None  # to read a line under every arm costs less than to copy the rows that are asked for
    said = np.full((n, n_arms), np.nan)
    under = [slice(None) if asked is None else np.flatnonzero(asked[:, k]) for k in range(n_arms)]
    if n > ROWS_READ_AT_A_TIME // 2:
        given = with_arm(new, np.zeros(n, dtype=np.int64), n_arms)
        for k, rows in enumerate(under):
            said[rows, k] = _read(model, _moved_to(given.take(rows), k, n_arms))
        return said
    designs = [_in_arm(new, rows, k, n_arms) for k, rows in enumerate(under)]
    ends = np.cumsum([len(design.linear) for design in designs])
    together = _read(model, _stack_rows(designs))
    for k, (rows, means) in enumerate(zip(under, np.split(together, ends[:-1]), strict=True)):
        said[rows, k] = means
    return said


def _moved_to(given: Design, k: int, n_arms: int) -> Design:
    """Return the design, whose last columns are the arm, as if all had had arm k, in place: of many rows copies cost most."""
    given.linear[:, given.linear.shape[1] - (n_arms - 1) :] = np.arange(1, n_arms) == k
    given.trees[:, -1] = k
    return given


def _read(model: Model, new: Design) -> FloatArray:
    return model(new) if len(new.linear) else np.zeros(0)


def _in_arm(design: Design, rows: IntArray | slice, k: int, n_arms: int) -> Design:
    """Return these rows of the design as if all had had arm k."""
    taken = design if isinstance(rows, slice) else design.take(rows)
    return with_arm(taken, np.full(len(taken.linear), k, dtype=np.int64), n_arms)


def by_arm(task: Task, fit: Callable[[Training], Model], part: Callable[[Design], Design]) -> ArmsModel:
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


def _each_arms_own(models: Sequence[Model], new: Design, asked: BoolArray | None = None) -> FloatArray:
    del asked  # all are told: see `_under_each_arm`
    return np.column_stack([model(new) for model in models])


def _stack_rows(designs: Sequence[Design]) -> Design:
    return replace(
        designs[0],
        linear=np.vstack([design.linear for design in designs]),
        trees=np.vstack([design.trees for design in designs]),
        balance=np.vstack([design.balance for design in designs]),
        curved=None,
    )
