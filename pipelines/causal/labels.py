"""The label of an episode: what may be said about one patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.causal.features import BoolArray, FloatArray
from pipelines.causal.inference import Estimate, Estimates

UNKNOWN = "not_enough_information"
LABELS = (
    "contraindicated",
    "screening_incomplete",
    "outside_overlap",
    UNKNOWN,
    "no_difference_expected",
    "likely_gain",
)


def label_of(estimate: Estimate | None, margin: float) -> str:
    """Return the label of an effect: of the average, or of the projection for patients like this one.

    `likely_gain`: the 90 % interval lies above 0 and the effect is at least the margin of importance.
    `no_difference_expected`: the 90 % interval lies below the margin, so that a gain worth having is unlikely (this
    includes harm: there is no separate label, the effect's sign shows it). Otherwise, or when the result was refused
    (None), `not_enough_information`.
    """
    if estimate is None:
        return UNKNOWN
    lower, upper = estimate.interval(0.90)
    if lower > 0 and estimate.estimate >= margin:
        return "likely_gain"
    if upper < margin:
        return "no_difference_expected"
    return UNKNOWN


def labels_of(estimates: Estimates, margin: float) -> NDArray[np.object_]:
    """Return the label (k,) of each estimate, as `label_of` gives it."""
    lower, upper = estimates.interval(0.90)
    is_gain = (lower > 0) & (estimates.estimate >= margin)
    return np.select([is_gain, upper < margin], ["likely_gain", "no_difference_expected"], UNKNOWN).astype(object)


def labels_where_gain_agrees(projection: Estimates, gain: FloatArray, margin: float) -> NDArray[np.object_]:
    """Return the projection's label (k,), or that it cannot be told where the expected gain lies on the margin's other side.

    The projection is linear: of two traits that help only together it promises something to who has one of them.
    """
    labels = labels_of(projection, margin)
    return np.where((labels == "likely_gain") == (gain >= margin), labels, UNKNOWN).astype(object)


def screening_labels(
    contraindication: pd.Series, is_screening_complete: pd.Series, has_manipulation: bool
) -> NDArray[np.object_]:
    """Return 'contraindicated', 'screening_incomplete' or '' for each episode (n,).

    Only where the treated arm contains manipulation, and only an absolute contraindication counts.
    """
    labels = np.full(len(contraindication), "", dtype=object)
    if not has_manipulation:
        return labels
    is_complete = is_screening_complete.astype("boolean").fillna(False).to_numpy(dtype=bool)
    labels[~is_complete] = "screening_incomplete"
    labels[(contraindication == "absolute").fillna(False).to_numpy(dtype=bool)] = "contraindicated"
    return labels


def episode_labels(
    screening: NDArray[np.object_], is_outside_overlap: BoolArray, label_of_effect: str | NDArray[np.object_]
) -> NDArray[np.object_]:
    """Return each episode's label: screening first, then overlap, then that of the effect (of all, or one an episode)."""
    labels = np.where(is_outside_overlap, "outside_overlap", label_of_effect).astype(object)
    return np.where(screening != "", screening, labels)
