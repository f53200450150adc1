"""Has a check changed suddenly against its own past? A chart of the change from one night to the next.

Tonight's share is compared with the night before's on the angular scale, where the spread of a share does not depend on the
share (Anscombe, Biometrika 35:246, 1948), in units of what sampling alone would give. It is sudden when it lies outside the
99.9 % prediction limits of past changes, whose spread is never taken as smaller than that of sampling (after Laney's p' chart,
Quality Engineering 14:531, 2002) and is worked out without the largest of them, so that one earlier jump does not hide the
next; and when tonight is at least one percentage point away from the median of the past. Changes are judged, not levels: most
records of a night are those of the night before, so that the level wanders without anything being wrong.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_NIGHTS = 8
"""Fewer earlier nights give a spread that is too uncertain to judge by."""

MOST_NIGHTS = 26
"""Nights looked back: half a year of weekly deliveries."""

SMALLEST_CHANGE_PERCENT = 1.0
"""Percentage points from the usual that are worth telling: the share that a contract check allows to be broken."""

PREDICTION = 0.9995
"""Two-sided 99.9 % limits: hundreds of checks are looked at each night."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Changes:
    """By series: the usual percent (NaN before the ninth night), and 1, -1 or 0 for suddenly more, fewer, or neither."""

    usual_percent: Numbers
    direction: NDArray[np.int64]


def sudden_changes(broken: Numbers, rows: Numbers) -> Changes:
    """Judge the last column (tonight) of each series against the columns before it.

    `broken` and `rows` are series by nights, oldest first, NaN where a series has no such night (at the left).
    """
    share = broken / rows
    past, tonight = share[:, :-1], share[:, -1]
    n_past = np.isfinite(past).sum(axis=1)
    is_known = n_past >= FEWEST_NIGHTS
    usual = np.full(len(share), np.nan)
    usual[is_known] = np.nanmedian(past[is_known], axis=1)
    angle = np.arcsin(np.sqrt((broken + 0.375) / (rows + 0.75)))
    moved = np.diff(angle, axis=1) / (0.5 * np.sqrt(1 / rows[:, 1:] + 1 / rows[:, :-1]))
    limit = _limit(moved[:, :-1], n_past)
    far = np.abs(tonight - usual) >= SMALLEST_CHANGE_PERCENT / 100
    is_sudden = is_known & far & (np.abs(moved[:, -1]) > limit)
    return Changes(100 * usual, np.where(is_sudden, np.sign(tonight - usual), 0).astype(np.int64))


def _limit(moved: Numbers, n_past: NDArray[np.int64]) -> Numbers:
    """How far tonight may move: Student's limits times the spread of past moves without the largest."""
    from scipy.special import stdtrit

    squares = np.where(np.isfinite(moved), moved**2, 0.0)
    degrees = np.maximum(1, n_past - 2)
    largest = squares.max(axis=1, initial=0.0)
    spread = np.sqrt((squares.sum(axis=1) - largest) / degrees)
    found: Numbers = stdtrit(degrees, PREDICTION) * np.maximum(1.0, spread)
    return found
