"""Histogram gradient boosting with fixed, modest settings: missing values and categories are taken as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from pipelines.causal.features import BoolArray, FloatArray, IntArray

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


def boosted_means(
    x: FloatArray, y: FloatArray, weight: FloatArray, x_new: FloatArray, *, is_categorical: BoolArray, seed: int
) -> FloatArray:
    """Return predictions (n_new,) of a boosted regression fitted on (x, y)."""
    settings = _settings(x[:, is_categorical])
    model = HistGradientBoostingRegressor(categorical_features=is_categorical, random_state=seed, **settings)
    model.fit(x, y, sample_weight=_unless_uniform(weight))
    return np.asarray(model.predict(x_new), dtype=float)


def boosted_probabilities(
    x: FloatArray,
    label: IntArray,
    weight: FloatArray,
    x_new: FloatArray,
    *,
    is_categorical: BoolArray,
    n_labels: int,
    seed: int,
) -> FloatArray:
    """Return probabilities (n_new, n_labels) of a boosted classifier; a label not seen in training gets 0."""
    probabilities = np.zeros((len(x_new), n_labels))
    present = np.unique(label)
    if len(present) == 1:
        probabilities[:, present[0]] = 1.0
        return probabilities
    settings = _settings(x[:, is_categorical])
    model = HistGradientBoostingClassifier(categorical_features=is_categorical, random_state=seed, **settings)
    model.fit(x, label, sample_weight=_unless_uniform(weight))
    probabilities[:, model.classes_] = model.predict_proba(x_new)
    return probabilities


def _settings(categories: FloatArray) -> dict[str, Any]:
    # A category's code must lie below the number of bins; 255 is the learner's limit.
    has_many_categories = bool(np.nanmax(categories, initial=0.0) >= SETTINGS["max_bins"])
    return SETTINGS | {"max_bins": 255 if has_many_categories else SETTINGS["max_bins"]}


def _unless_uniform(weight: FloatArray) -> FloatArray | None:
    # With weights the learner sorts every column once more for its bins, which costs three times the fit itself.
    return None if weight.min() == weight.max() else weight
