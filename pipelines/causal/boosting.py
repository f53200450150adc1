"""Histogram gradient boosting with fixed, modest settings: missing values and categories are taken as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.linear import is_uniform

# Short-stacking decides how much boosting counts, so the settings only have to be sensible at clinic sizes.
SETTINGS: dict[str, Any] = {
    "max_iter": 40,
    "learning_rate": 0.1,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 20,
    "l2_regularization": 1.0,
    "max_bins": 32,
    "early_stopping": False,
}


# So modest a model hardly gets better from more rows than these: its leaves hold thousands.
LARGEST_TRAINING_ROWS = 20_000


@dataclass(frozen=True)
class BoostedMeans:
    """A fitted boosted regression."""

    model: HistGradientBoostingRegressor

    def predict(self, x: FloatArray) -> FloatArray:
        """Return predictions (n,)."""
        return np.asarray(self.model.predict(x), dtype=float)


@dataclass(frozen=True)
class BoostedProbabilities:
    """A fitted boosted classifier; without a model the training rows all had the label `present`."""

    model: HistGradientBoostingClassifier | None
    n_labels: int
    present: IntArray

    def predict(self, x: FloatArray) -> FloatArray:
        """Return probabilities (n, n_labels); a label not seen in training gets 0."""
        probabilities = np.zeros((len(x), self.n_labels))
        probabilities[:, self.present] = 1.0 if self.model is None else self.model.predict_proba(x)
        return probabilities


def fit_boosted_means(
    x: FloatArray, y: FloatArray, weight: FloatArray, *, is_categorical: BoolArray, seed: int
) -> BoostedMeans:
    """Fit a boosted regression of y on x, of 20,000 rows evenly spread when there are more."""
    few = _few(len(y))
    x, y, weight = x[few], y[few], weight[few]
    settings = _settings(x[:, is_categorical])
    model = HistGradientBoostingRegressor(categorical_features=is_categorical, random_state=seed, **settings)
    return BoostedMeans(model.fit(_with_values(x), y, sample_weight=_unless_uniform(weight)))


def fit_boosted_probabilities(
    x: FloatArray, label: IntArray, weight: FloatArray, *, is_categorical: BoolArray, n_labels: int, seed: int
) -> BoostedProbabilities:
    """Fit a boosted classifier of labels 0 .. n_labels-1, of 20,000 rows evenly spread when there are more."""
    few = _few(len(label))
    x, label, weight = x[few], label[few], weight[few]
    present = np.unique(label)
    if len(present) == 1:
        return BoostedProbabilities(None, n_labels, present)
    settings = _settings(x[:, is_categorical])
    model = HistGradientBoostingClassifier(categorical_features=is_categorical, random_state=seed, **settings)
    model.fit(_with_values(x), label, sample_weight=_unless_uniform(weight))
    return BoostedProbabilities(model, n_labels, present)


def _few(n: int) -> IntArray | slice:
    return slice(None) if n <= LARGEST_TRAINING_ROWS else np.arange(LARGEST_TRAINING_ROWS) * n // LARGEST_TRAINING_ROWS


def _settings(categories: FloatArray) -> dict[str, Any]:
    # A category's code must lie below the number of bins; 255 is the learner's limit.
    has_many_categories = bool(np.nanmax(categories, initial=0.0) >= SETTINGS["max_bins"])
    return SETTINGS | {"max_bins": 255 if has_many_categories else SETTINGS["max_bins"]}


def _with_values(x: FloatArray) -> FloatArray:
    # The learner cannot bin a column that none of its rows has; as a constant it is never split.
    is_empty = np.isnan(x).all(axis=0)
    return np.where(is_empty, 0.0, x) if is_empty.any() else x


def _unless_uniform(weight: FloatArray) -> FloatArray | None:
    # With weights the learner sorts every column once more for its bins, which costs three times the fit itself.
    return None if is_uniform(weight) else weight
