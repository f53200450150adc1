"""How many episodes would tell, for every 'cannot tell'.

A two-sided 95 % interval tells an effect as large as the margin of importance from none with 80 % power when the
standard error is at most margin / (t_0.975 + t_0.8) (Julious 2004, Stat Med 23:1921, with t quantiles). There are two
ways to get there: more practitioners with as many episodes each as now (`episodes_needed`), or more episodes of the
practitioners there are (`episodes_needed_of_same_practitioners`), which cannot reduce what differs between them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from pipelines.causal.features import FloatArray
from pipelines.causal.inference import Estimate, clustered_mean

LEVEL, POWER = 0.95, 0.80
FEWEST_FOR_A_SPREAD = 20


@dataclass(frozen=True, slots=True)
class Needed:
    """How many `episodes` and `practitioners` in all would tell; None when no number of episodes would.

    `largest_error`: the standard error, in the outcome's units, with which the margin can be told (with the degrees of
    freedom of the number needed). `is_reached`: those at hand are enough; then 'cannot tell' means that the effect
    lies near a limit, not that there are too few.
    """

    episodes: int | None
    practitioners: int
    largest_error: float
    is_reached: bool


def episodes_needed(found: Estimate, margin: float, *, level: float = LEVEL, power: float = POWER) -> Needed:
    """Return how many episodes would tell when they come with practitioners of as many episodes each as now.

    The squared standard error then falls as one over the practitioners, and degrees of freedom grow with them.
    `margin`: the smallest difference that matters, in the outcome's units.
    Raises ValueError when the margin is not above 0, level or power lie outside 0.5 to 1, or `found` has no standard
    error (one practitioner).
    """
    _check(margin, level, power)
    if not np.isfinite(found.standard_error):
        raise ValueError("without a standard error it cannot be said how many episodes would tell")

    def largest_error(episodes: int) -> float:
        return _largest_error(margin, found.degrees_of_freedom * episodes / found.n, level, power)

    episodes = _smallest(lambda n: found.standard_error * sqrt(found.n / n) <= largest_error(n), found.n)
    practitioners = max(2, ceil(episodes / found.n * found.n_practitioners - 1e-9))
    return Needed(episodes, practitioners, largest_error(episodes), is_reached=episodes <= found.n)


def episodes_needed_of_same_practitioners(
    scores: FloatArray,
    practitioner: NDArray[np.object_],
    margin: float,
    *,
    level: float = LEVEL,
    power: float = POWER,
) -> Needed:
    """Return how many episodes would tell when the same practitioners treat more, in the shares they do now.

    `scores` (n,): the contrast's scores. Their variance is split into what differs between practitioners, which stays,
    and what differs within, which falls as one over the episodes (analysis of variance for unequal sizes: Searle,
    Casella and McCulloch 1992, chapter 3). `episodes` is None when what stays is too much alone.
    Raises ValueError as `episodes_needed`, and when every practitioner has one episode only.
    """
    _check(margin, level, power)
    found = clustered_mean(scores, practitioner)
    if found.n_practitioners < 2 or found.n == found.n_practitioners:
        raise ValueError("practitioners with several episodes, at least two of them, are needed to split the variance")
    between, within = _variance_components(scores, practitioner)
    largest = _largest_error(margin, found.degrees_of_freedom, level, power)
    if between >= largest**2:
        return Needed(None, found.n_practitioners, largest, is_reached=False)
    episodes = _smallest(lambda n: between + within / n <= largest**2, found.n)
    return Needed(episodes, found.n_practitioners, largest, is_reached=episodes <= found.n)


def episodes_needed_by_design(
    y: FloatArray, is_treated: NDArray[np.bool_], margin: float, *, level: float = LEVEL, power: float = POWER
) -> int | None:
    """Return how many eligible episodes a comparison of two arms would need at least, before anything was estimated.

    `y` (n,): the outcome of those of the two arms, NaN where unknown; `is_treated` (n,). From the spread of the known
    outcomes, the shares of the arms (at least a tenth each, one half when an arm is empty) and the share that answered, as
    if practitioners were alike: 'at least'. None when under 20 outcomes are known or all are the same.
    Raises ValueError when the margin is not above 0 or level or power lie outside 0.5 to 1.
    """
    _check(margin, level, power)
    known = y[np.isfinite(y)]
    if len(known) < FEWEST_FOR_A_SPREAD or known.min() == known.max():
        return None
    share = float(is_treated.mean())
    share = 0.5 if share in (0.0, 1.0) else min(0.9, max(0.1, share))
    variance = float(known.var(ddof=1)) * (1 / share + 1 / (1 - share))
    answered = len(known) / len(y)
    return _smallest(lambda n: variance / (n * answered) <= _largest_error(margin, n - 2, level, power) ** 2, len(y))


def _variance_components(scores: FloatArray, practitioner: NDArray[np.object_]) -> tuple[float, float]:
    """Return the variance of the mean that more episodes leave as it is, and the variance of one episode within."""
    _, code, size = np.unique(practitioner.astype(str), return_inverse=True, return_counts=True)
    n, groups = len(scores), len(size)
    means = np.bincount(code, weights=scores) / size
    within = float(np.sum((scores - means[code]) ** 2)) / (n - groups)
    spread = float(size @ (means - scores.mean()) ** 2) / (groups - 1)
    typical_size = (n - float(np.sum(size**2)) / n) / (groups - 1)
    between = max(0.0, (spread - within) / typical_size)
    return between * float(np.sum((size / n) ** 2)), within


def _largest_error(margin: float, degrees: float, level: float, power: float) -> float:
    degrees = max(1.0, degrees)
    return margin / float(t.ppf(0.5 + level / 2, degrees) + t.ppf(power, degrees))


def _smallest(is_enough: Callable[[int], bool], at_hand: int) -> int:
    """Return the smallest number of episodes, at least 2, from which on it is enough."""
    most = max(2, at_hand)
    while not is_enough(most):
        most *= 2
    least = 2
    while least < most:
        middle = (least + most) // 2
        if is_enough(middle):
            most = middle
        else:
            least = middle + 1
    return most


def _check(margin: float, level: float, power: float) -> None:
    if not (np.isfinite(margin) and margin > 0):
        raise ValueError(f"the margin must be above 0, found {margin}")
    if not (0.5 < level < 1 and 0.5 <= power < 1):
        raise ValueError(f"level and power must lie between 0.5 and 1, found {level} and {power}")
