"""How well one covariate alone tells an outcome: the figure that gives away a covariate which holds the future."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from pipelines.causal.features import BoolArray, FloatArray, as_numbers

LEVEL_OF_PROOF = 0.999

FEWEST_OF_A_KIND = 30
"""With so many of either kind a covariate that tells nothing reaches 0.85 in none of a million (4.6 standard deviations)."""


def leaking_covariates(
    frame: pd.DataFrame, names: Iterable[str], is_high: BoolArray, largest_auc: float
) -> tuple[str, ...]:
    """Return the named columns of the frame (n rows) of which each alone tells `is_high` (n,) better than `largest_auc`, beyond
    chance; none with fewer than 30 of either kind."""
    events = int(is_high.sum())
    others = len(is_high) - events
    if min(events, others) < FEWEST_OF_A_KIND:
        return ()
    found = {name: auc_of_covariate(frame[name], is_high) for name in names if name in frame}
    return tuple(sorted(name for name, auc in found.items() if auc_lower(auc, events, others) > largest_auc))


def auc_lower(auc: float, events: int, others: int) -> float:
    """Return the 99.9 % lower limit of an AUC from so many events and others (Hanley and McNeil, Radiology 1982;143:29)."""
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    squares = auc * (1 - auc) + (events - 1) * (first - auc**2) + (others - 1) * (second - auc**2)
    return float(auc - norm.ppf(LEVEL_OF_PROOF) * np.sqrt(squares / (events * others)))


def auc_of_covariate(column: pd.Series, is_high: BoolArray) -> float:
    """Return how well a covariate alone tells the high outcomes from the others, 0.5 to 1.

    The better of two: its values where recorded, and whether it is recorded. The levels of a code are ranked by their share
    of high outcomes in every second row, and judged on the others, so that many levels do not look like knowledge.
    """
    values, levels = as_numbers(column)
    if values is None:
        return 0.5
    recorded = np.isfinite(values)
    found = [_auc(recorded.astype(float), is_high)]
    if levels:
        found += [_auc_of_levels(values[recorded], is_high[recorded])]
    else:
        found += [_auc(values[recorded], is_high[recorded])]
    return max(found)


def _auc(values: FloatArray, is_high: BoolArray) -> float:
    if min(is_high.sum(), (~is_high).sum()) < FEWEST_OF_A_KIND:
        return 0.5
    auc = float(roc_auc_score(is_high, values))
    return max(auc, 1 - auc)


def _auc_of_levels(codes: FloatArray, is_high: BoolArray) -> float:
    first = np.arange(len(codes)) % 2 == 0
    share = pd.Series(is_high[first]).groupby(codes[first]).mean()
    values = pd.Series(codes[~first]).map(share).fillna(float(is_high.mean())).to_numpy(dtype=float)
    return _auc(values, is_high[~first])
