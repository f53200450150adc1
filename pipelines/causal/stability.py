"""How an effect moved since the night before, and how much of it the newly arrived episodes explain by chance alone.

An effect is a mean of scores, so its move falls into three parts that add up: what the newly arrived episodes brought, what
went with those that are no longer there, and what changed in episodes that were there on both nights (models fitted on more
records, corrected records, other code).

Chance. If the newly arrived were a random part of tonight's episodes, the move would spread around 0 with variance
SE^2 n_arrived / (n - n_arrived), where SE is tonight's standard error clustered by practitioner: that is what drawing so many of
tonight's episodes at random, again and again, would give. It is also Var(before) - Var(tonight), the variance of the difference
of an estimator and itself on more data (Hausman, Econometrica 1978;46:1251). Where folds are drawn several times, the spread
between draws is added for both nights.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
import pandas as pd
from scipy.stats import norm

from pipelines.causal.inference import mean_over_repeats
from pipelines.causal.tables import FLAG, REAL, TEXT, WHOLE

STABILITY_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "status": TEXT,
    "reason": TEXT,
    "estimate_before": REAL,
    "estimate": REAL,
    "move": REAL,
    "move_by_arrived": REAL,
    "move_by_gone": REAL,
    "move_by_rescored": REAL,
    "chance_limit": REAL,
    "is_within_chance": FLAG,
    "n": WHOLE,
    "n_arrived": WHOLE,
    "n_gone": WHOLE,
    "has_other_data": FLAG,
    "has_other_code": FLAG,
    "deliveries": TEXT,
    "verdict": TEXT,
    "protocol_hash": TEXT,
}
_SMALLEST_MOVE = 1e-9
"""Below it two nights say the same: sums of the same doubles."""


@dataclass(frozen=True, slots=True)
class Move:
    """The move of one effect (tonight minus before) with its parts; `chance_limit` holds 95 % of moves that are chance alone."""

    move: float
    by_arrived: float
    by_gone: float
    by_rescored: float
    chance_limit: float
    n: int
    n_arrived: int
    n_gone: int

    @property
    def is_within_chance(self) -> bool:
        """Whether newly arrived episodes give as large a move by chance in 5 of 100 nights or more."""
        return abs(self.move) <= max(self.chance_limit, _SMALLEST_MOVE)


def move_of(before: pd.DataFrame, now: pd.DataFrame, estimate_before: float, estimate: float) -> Move:
    """Return how an effect moved.

    before, now: a row an episode and repeat with episode_key, repeat, difference (of the two arms' scores), has_answer and
    practitioner_key. An episode has arrived when it was not there before or has an answer only now. Raises ValueError when
    either night has no scores.
    """
    if before.empty or now.empty:
        raise ValueError("a move is worked out from the scores of both nights, and one of them has none")
    old, new = (frame.groupby("episode_key", sort=True) for frame in (before, now))
    was, is_now = old["difference"].mean(), new["difference"].mean()
    had, has = old["has_answer"].any(), new["has_answer"].any()
    both = is_now.index.intersection(was.index)
    kept = both[~(has[both].to_numpy() & ~had[both].to_numpy())]
    gone = was.index.difference(both)
    n, n_arrived = len(is_now), len(is_now) - len(kept)
    by_arrived = float(is_now.mean() - is_now[kept].mean()) if n_arrived and len(kept) else 0.0
    stayed = was.index.difference(gone)
    by_gone = float(was[stayed].mean() - was.mean()) if len(gone) and len(stayed) else 0.0
    move = estimate - estimate_before
    return Move(
        move=move,
        by_arrived=by_arrived,
        by_gone=by_gone,
        by_rescored=move - by_arrived - by_gone,
        chance_limit=_chance_limit(now, n_arrived, n),
        n=n,
        n_arrived=n_arrived,
        n_gone=len(gone),
    )


def _chance_limit(now: pd.DataFrame, n_arrived: int, n: int) -> float:
    if n_arrived >= n:
        return inf
    draws = now.pivot_table(index="repeat", columns="episode_key", values="difference", sort=True).to_numpy()
    practitioner = now.groupby("episode_key", sort=True)["practitioner_key"].first().to_numpy(dtype=object)
    error = mean_over_repeats(draws, practitioner).standard_error
    between = 2 * float(np.var(draws.mean(axis=1), ddof=1)) / len(draws) if len(draws) > 1 else 0.0
    return float(norm.ppf(0.975)) * sqrt(error**2 * n_arrived / (n - n_arrived) + between)


def verdict_of(move: Move, *, has_other_data: bool, has_other_code: bool) -> str:
    """Return what a reader is told of a move: what changed, and whether chance explains it."""
    if abs(move.move) <= _SMALLEST_MOVE:
        return "It did not move."
    if has_other_code and not has_other_data:
        return "The code changed and the deliveries did not: the move is the code's."
    if move.is_within_chance:
        said = "Within what as many newly arrived episodes give by chance."
    elif move.n_arrived == 0:
        said = "No episode arrived: records that were there have changed."
    else:
        said = "More than as many newly arrived episodes give by chance: look at the deliveries named."
    return f"{said} The code changed too." if has_other_code else said
