"""Statistics of likeness: whether two histograms, or two fields, go together as they should. Pure, on counts alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]

_FEWEST_IN_A_BIN = 0.1
"""Neighbouring bins are joined until each holds this share of the expected counts: PSI is read on ten bins."""


@dataclass(frozen=True)
class Sample:
    """One stratum of a field before and now: counts by bin in order of the values, and how many patients they are of."""

    before: Counts
    now: Counts
    n_before: float
    n_now: float


@dataclass(frozen=True)
class Shift:
    """How far values have moved: `size` is the chance that a value now exceeds one before, less one half.

    `z` is the same in standard errors.
    """

    size: float
    z: float


NO_SHIFT = Shift(0.0, 0.0)


def shift(samples: Sequence[Sample]) -> Shift:
    """The stratified Wilcoxon (van Elteren) comparison of now with before.

    Each stratum counts as many values as it has patients, so that many sessions of one patient do not pass for many
    patients. Ranks do not mind a single extreme value, and a scale's ends need no correction.
    """
    total, moved, variance = 0.0, 0.0, 0.0
    for sample in samples:
        before, now = sample.before.sum(), sample.now.sum()
        n, m = min(sample.n_before, before), min(sample.n_now, now)
        if not n or not m:
            continue
        share_before, share_now = sample.before / before, sample.now / now
        under = np.cumsum(share_before) - share_before
        exceeds = float((share_now * (under + share_before / 2)).sum()) - 0.5
        joint = (n * share_before + m * share_now) / (n + m)
        spread = max(0.0, 1 - float((joint**3).sum())) * (n + m) / 12
        weight = n * m / (n + m)
        total += weight
        moved += weight * exceeds
        variance += weight**2 * spread / (n * m)
    if not variance:
        return NO_SHIFT
    return Shift(moved / total, moved / math.sqrt(variance))


def stability_index(samples: Sequence[Sample], *, is_ordered: bool) -> float:
    """The population stability index of now against before, as if before had now's strata in now's shares.

    What chance alone gives so many patients in so many bins is taken off. Of ordered values neighbouring bins are joined first,
    so that few values a bin do not pass for another distribution.
    """
    expected, found = standardised(samples)
    if not expected.sum() or not found.sum():
        return 0.0
    expected, found = expected / expected.sum(), found / found.sum()
    if is_ordered:
        expected, found = _joined(expected, found)
    n_before, n_now = (
        max(1, sum(counts)) for counts in zip(*((one.n_before, one.n_now) for one in samples), strict=True)
    )
    floor = 0.5 / n_now
    used = (expected > 0) | (found > 0)
    expected, found = np.maximum(expected[used], floor), np.maximum(found[used], floor)
    by_chance = (len(expected) - 1) * (1 / n_before + 1 / n_now)
    return float(((found - expected) * np.log(found / expected)).sum() - by_chance)


def standardised(samples: Sequence[Sample]) -> tuple[Counts, Counts]:
    """(expected, found) counts now, over the strata that were there before."""
    known = [sample for sample in samples if sample.before.sum() and sample.now.sum()]
    if not known:
        return np.zeros(1), np.zeros(1)
    expected = sum((sample.before / sample.before.sum() * sample.now.sum() for sample in known), np.zeros(1))
    return expected, sum((sample.now for sample in known), np.zeros(1))


def _joined(expected: Counts, found: Counts) -> tuple[Counts, Counts]:
    """Both with neighbouring bins joined until each holds _FEWEST_IN_A_BIN of the expected; what is left joins the last."""
    places: list[int] = []
    current, mass = 0, 0.0
    for share in expected:
        places.append(current)
        mass += share
        if mass >= _FEWEST_IN_A_BIN:
            current, mass = current + 1, 0.0
    if mass and current:
        places = [min(place, current - 1) for place in places]
    size = max(places) + 1
    joined = np.zeros((2, size))
    for place, expected_share, found_share in zip(places, expected, found, strict=True):
        joined[:, place] += expected_share, found_share
    return joined[0], joined[1]


@dataclass(frozen=True)
class Sums:
    """Sums over rows that have two fields: addable, and enough for their correlation. `n_owners`: episodes they are of."""

    n: int = 0
    n_owners: float = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0
    n_directed: int = 0
    n_opposite: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.n + other.n,
            self.n_owners + other.n_owners,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.yy + other.yy,
            self.xy + other.xy,
            self.n_directed + other.n_directed,
            self.n_opposite + other.n_opposite,
        )

    @property
    def correlation(self) -> float:
        """Pearson's r; 0 when it is not defined."""
        spread = (self.n * self.xx - self.x**2) * (self.n * self.yy - self.y**2)
        return (self.n * self.xy - self.x * self.y) / math.sqrt(spread) if spread > 1e-9 else 0.0

    def z_of(self, correlation: float) -> float:
        """How many standard errors r lies above this correlation, by Fisher's transformation; 0 under five episodes.

        Several rows of one episode count as one.
        """
        if self.n_owners < 5:
            return 0.0
        r = min(0.999, max(-0.999, self.correlation))
        return (math.atanh(r) - math.atanh(correlation)) * math.sqrt(self.n_owners - 3)
