"""The learners behind every nuisance: fitted on the rows of a design, they read any other rows of it.

A fitted model is made of module-level functions and data only, so that it can be copied and handed to other processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from pipelines.causal.boosting import fit_boosted_means, fit_boosted_probabilities
from pipelines.causal.features import Design, FloatArray, IntArray
from pipelines.causal.kernel import curved_columns
from pipelines.causal.linear import fit_logistic, fit_ridge

# A fitted model: the rows of a design -> a number a row (n,), or a row of one number an arm (n, n_arms).
Model = Callable[[Design], FloatArray]


@dataclass(frozen=True)
class Training:
    """Rows an outcome model is fitted on."""

    design: Design
    y: FloatArray
    weight: FloatArray
    is_binary: bool
    seed: int


def fit_linear(training: Training) -> Model:
    """Ridge regression, or logistic regression of a binary outcome."""
    x, y, weight = training.design.linear, training.y, training.weight
    if y.min() == y.max():
        return constant_model(float(y[0]))
    if training.is_binary:
        return partial(_second_column, partial(read_linear, _logistic(x, y, weight)))
    return partial(read_linear, fit_ridge(x, y, weight).predict)


def fit_kernel(training: Training) -> Model:
    """Kernel ridge regression on the curved features of a design (see `kernel`); of a binary outcome a linear probability.

    The penalty minimises generalised cross-validation. Raises ValueError when the design has no curved features.
    """
    return partial(_read_curved, fit_ridge(curved_columns(training.design), training.y, training.weight).predict)


def fit_boosting(training: Training) -> Model:
    """Histogram gradient boosting."""
    x, y, weight = training.design.trees, training.y, training.weight
    is_categorical, seed = training.design.is_categorical, training.seed
    if y.min() == y.max():
        return constant_model(float(y[0]))
    if training.is_binary:
        label = y.astype(np.int64)
        fitted = fit_boosted_probabilities(x, label, weight, is_categorical=is_categorical, n_labels=2, seed=seed)
        return partial(_second_column, partial(_read_trees, fitted.predict))
    return partial(_read_trees, fit_boosted_means(x, y, weight, is_categorical=is_categorical, seed=seed).predict)


def _logistic(x: FloatArray, y: FloatArray, weight: FloatArray) -> Callable[[FloatArray], FloatArray]:
    return fit_logistic(x, y.astype(np.int64), weight, n_labels=2).predict


def read_linear(predict: Callable[[FloatArray], FloatArray], new: Design) -> FloatArray:
    """Return what a regression on the linear columns says of these rows."""
    return predict(new.linear)


def _read_curved(predict: Callable[[FloatArray], FloatArray], new: Design) -> FloatArray:
    return predict(curved_columns(new))


def _read_trees(predict: Callable[[FloatArray], FloatArray], new: Design) -> FloatArray:
    return predict(new.trees)


def _second_column(model: Model, new: Design) -> FloatArray:
    return model(new)[:, 1]


def linear_propensity(design: Design, arm: IntArray, weight: FloatArray, n_arms: int, _: int) -> Model:
    """Multinomial logistic regression of the arm."""
    return partial(read_linear, fit_logistic(design.linear, arm, weight, n_labels=n_arms).predict)


def boosting_propensity(design: Design, arm: IntArray, weight: FloatArray, n_arms: int, seed: int) -> Model:
    """Boosted classification of the arm."""
    fitted = fit_boosted_probabilities(
        design.trees, arm, weight, is_categorical=design.is_categorical, n_labels=n_arms, seed=seed
    )
    return partial(_read_trees, fitted.predict)


PROPENSITY_CANDIDATES: dict[str, Callable[[Design, IntArray, FloatArray, int, int], Model]] = {
    "linear": linear_propensity,
    "boosting": boosting_propensity,
}


def constant_model(value: float) -> Model:
    """Return the model that says `value` of everybody."""
    return partial(_constant, value)


def _constant(value: float, new: Design) -> FloatArray:
    return np.full(len(new.linear), value)
