"""Sessions to improvement by arm: Aalen-Johansen on the scale of sessions. A description of care, never an effect."""

from __future__ import annotations

import pandas as pd

from pipelines.causal.survival import CENSORED, COMPETING, EVENT, LEAST_EPISODES, cumulative_incidence
from pipelines.causal.tables import SESSION_COURSE_COLUMNS, as_table

EVENT_CODES = {"censored": CENSORED, "improved": EVENT, "care_ended": COMPETING}
ALL_ARMS = "all"


def sessions_to_improvement(episodes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of estimates.sessions_to_improvement: a row an arm, kind of improvement and number of sessions.

    `episodes` has arm, improvement ('first', 'sustained'), event ('improved', 'care_ended', 'censored') and sessions.
    `cumulative_improved` is the share improved after that many sessions, with care that ended competing; the median
    is NaN when half never improved. Arm 'all' is everybody; an arm of fewer than 20 episodes has no rows. Intervals
    take episodes as independent. Raises ValueError as `survival.cumulative_incidence`.
    """
    parts = []
    for improvement, rows in episodes.groupby("improvement", sort=True):
        arms = [(ALL_ARMS, rows), *((str(arm), own) for arm, own in rows.groupby("arm", sort=True))]
        parts += [
            _rows(own).assign(arm=arm, improvement=improvement) for arm, own in arms if len(own) >= LEAST_EPISODES
        ]
    return as_table(parts, SESSION_COURSE_COLUMNS)


def _rows(episodes: pd.DataFrame) -> pd.DataFrame:
    curve = cumulative_incidence(episodes["sessions"].to_numpy(dtype=float), episodes["event"].map(EVENT_CODES))
    return pd.DataFrame(
        {
            "sessions": curve.time,
            "cumulative_improved": curve.incidence,
            "lower": curve.lower,
            "upper": curve.upper,
            "cumulative_care_ended": curve.competing,
            "n_at_risk": curve.at_risk,
            "median_sessions": curve.median,
            "median_lower": curve.median_lower,
            "median_upper": curve.median_upper,
        }
    )
