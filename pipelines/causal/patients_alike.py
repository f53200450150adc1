"""What the scores say of patients like each one: the projection on the approved covariates, never fitted on the own fold.

Beside the label of the average: an average of many who gain little and a few who gain much is no answer for either, and with
few episodes the tests of differences cannot find those few. So the average's label is a patient's only where patients alike say
the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipelines.causal.differences import projection_regressors
from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.inference import Estimate, Estimates
from pipelines.causal.labels import UNKNOWN, label_of, labels_of
from pipelines.causal.population import Population
from pipelines.causal.projection import all_projected
from pipelines.causal.protocol import Pair, TargetTrial


def of_patients_alike(
    population: Population, trial: TargetTrial, contrasts: Mapping[Pair, FloatArray], rows: BoolArray, fold: IntArray
) -> dict[Pair, Estimates]:
    """Return each contrast's projection at everybody (population,): from the other folds, or from all `rows` for who is in none.

    contrasts: scores (rows,); fold (rows,): of those that the outcome was fitted on. Empty when the trial has no modifiers in the
    frame. `n` and `n_practitioners` are those of all rows.
    """
    modifiers = population.covariates(trial.modifiers)
    if not modifiers.shape[1] or not contrasts:
        return {}
    inside, practitioner = np.flatnonzero(rows), population.practitioner[rows]
    folds = np.unique(fold)
    regressors = projection_regressors(modifiers, [_only(inside[fold != k], len(rows)) for k in folds])
    said = {pair: np.full((3, len(rows)), np.nan) for pair in contrasts}
    everybody = np.ones(len(inside), dtype=bool)
    parts = [*((fold != k, inside[fold == k]) for k in folds), (everybody, np.flatnonzero(~rows))]
    for fitted, at in parts:
        scores = [contrast[fitted] for contrast in contrasts.values()]
        of_these = all_projected(scores, regressors[inside[fitted]], practitioner[fitted], regressors[at])
        for pair, one in zip(contrasts, of_these, strict=True):
            said[pair][:, at] = one.estimate, one.standard_error, one.degrees_of_freedom
    n_practitioners = len(set(practitioner))
    return {pair: Estimates(one[0], one[1], one[2], len(inside), n_practitioners) for pair, one in said.items()}


def labels_where_alike_agree(average: Estimate | None, alike: Estimates, margin: float) -> NDArray[np.object_]:
    """Return the average's label for those whose projection has the same one (n,), for the others that it cannot be told."""
    label = label_of(average, margin)
    return np.where(labels_of(alike, margin) == label, label, UNKNOWN).astype(object)


def _only(rows: NDArray[np.intp], n: int) -> BoolArray:
    only = np.zeros(n, dtype=bool)
    only[rows] = True
    return only
