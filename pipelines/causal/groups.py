"""Effects in groups fixed in advance: shrunk toward the effect in all, with intervals that hold for all groups at once.

Shrinkage is parametric empirical Bayes (Morris 1983, J Am Stat Assoc 78:47): a group's difference from all is taken
as drawn around 0 with variance tau^2, estimated by moments (DerSimonian and Laird 1986, Control Clin Trials 7:177,
with the differences' own clustered variances, so that groups may overlap).

The intervals are Sidak's (1967, J Am Stat Assoc 62:626): of m groups each gets the level 0.95^(1/m) of its own t
distribution. For correlated normal estimates they hold together at 95 % or more; at most ten groups, mostly apart from
each other, lose next to nothing against the joint distribution, and unlike a multiplier bootstrap they keep each
group's few degrees of freedom when it has few practitioners, and need no seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.causal.features import BoolArray, FloatArray
from pipelines.causal.inference import Estimate, clustered_mean

MOST_GROUPS = 10


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """The effect in one group, in the outcome's units.

    `shrunk`: the estimate to show; `mean`: the group's own mean with its clustered standard error; `shrinkage`: how far
    (0 to 1) `shrunk` has gone from `mean` to the effect in all. `lower`, `upper`: the simultaneous interval around
    `mean`, widened where it must to hold `shrunk`; NaN with one practitioner in the group.
    """

    group: str
    n: int
    shrunk: float
    lower: float
    upper: float
    mean: Estimate
    shrinkage: float


def group_effects(
    contrast: FloatArray,
    groups: Mapping[str, BoolArray],
    practitioner: NDArray[np.object_],
    level: float = 0.95,
) -> tuple[GroupEffect, ...]:
    """Return the effect in each group, in the order of `groups`.

    `contrast` (n,): treated minus comparator of doubly robust scores; `groups`: who belongs (n,), groups may overlap;
    `practitioner` (n,): clusters; `level`: with which all intervals hold together.
    Raises ValueError when there are no groups or over ten, one is empty, lengths differ, a contrast is not finite, or the
    level is not between 0 and 1.
    """
    _check(contrast, groups, practitioner, level)
    each_level = level ** (1 / len(groups))
    overall = float(contrast.mean())
    means = [clustered_mean(contrast[inside], practitioner[inside]) for inside in groups.values()]
    errors = np.array([_error_of_difference(contrast, inside, practitioner) for inside in groups.values()])
    shrinkage = _shrinkage(np.array([mean.estimate for mean in means]) - overall, errors)
    effects = []
    for name, mean, share in zip(groups, means, shrinkage, strict=True):
        shrunk = overall + (1 - float(share)) * (mean.estimate - overall)
        lower, upper = mean.interval(each_level)
        if np.isfinite(lower):
            lower, upper = min(lower, shrunk), max(upper, shrunk)
        effects.append(GroupEffect(name, mean.n, shrunk, lower, upper, mean, float(share)))
    return tuple(effects)


def _check(
    contrast: FloatArray, groups: Mapping[str, BoolArray], practitioner: NDArray[np.object_], level: float
) -> None:
    if not 1 <= len(groups) <= MOST_GROUPS:
        raise ValueError(f"1 to {MOST_GROUPS} groups are fixed in advance, found {len(groups)}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    if len(practitioner) != len(contrast) or any(len(inside) != len(contrast) for inside in groups.values()):
        raise ValueError("contrast, groups and practitioner differ in length")
    if not np.isfinite(contrast).all():
        raise ValueError("contrasts must be finite")
    if empty := [name for name, inside in groups.items() if not inside.any()]:
        raise ValueError(f"nobody is in {empty}")


def _error_of_difference(contrast: FloatArray, inside: BoolArray, practitioner: NDArray[np.object_]) -> float:
    """Return the clustered standard error of the group's mean less the mean of all; 0 when the group is all, NaN when
    one practitioner treated it."""
    if len(set(practitioner[inside])) < 2:
        return float("nan")
    own = np.where(inside, (contrast - contrast[inside].mean()) / inside.mean(), 0.0)
    error = clustered_mean(own - (contrast - contrast.mean()), practitioner).standard_error
    return 0.0 if inside.all() else error


def _shrinkage(difference: FloatArray, error: FloatArray) -> FloatArray:
    """Return error^2 / (error^2 + tau^2) of each group, with the moment estimate of tau^2, not below 0.

    1 where the error is unknown: a group whose own uncertainty cannot be told says nothing of its own.
    """
    shrinkage = np.ones(len(error))
    known = np.isfinite(error) & (error > 0)
    if known.any():
        precision = 1 / error[known] ** 2
        tau_squared = max(0.0, float(np.sum(precision * difference[known] ** 2 - 1) / precision.sum()))
        shrinkage[known] = 1 / (1 + precision * tau_squared)
    return shrinkage
