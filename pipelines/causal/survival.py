"""Cumulative incidence with a competing event (Aalen-Johansen), its interval and the median time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from pipelines.causal.features import FloatArray
from pipelines.causal.tables import NATURAL_COURSE_COLUMNS, as_table

CENSORED, EVENT, COMPETING = 0, 1, 2
EVENT_CODES = {"censored": CENSORED, "improved": EVENT, "stepped_up": COMPETING}
# A curve of fewer episodes is not drawn for a clinic alone (domain/outcomes.md: at least 20).
LEAST_EPISODES = 20


@dataclass(frozen=True)
class CumulativeIncidence:
    """Step functions at the distinct times (m,) at which anything happened.

    `incidence` of the event, `lower` and `upper` its pointwise log(-log) interval, `competing` incidence of the
    competing event, `at_risk` just before each time. `median`, `median_lower`, `median_upper`: NaN when not reached.
    """

    time: FloatArray
    incidence: FloatArray
    variance: FloatArray
    lower: FloatArray
    upper: FloatArray
    competing: FloatArray
    at_risk: NDArray[np.int64]
    median: float
    median_lower: float
    median_upper: float

    def at(self, time: float) -> tuple[float, float, float]:
        """Return the incidence at a time with its interval; 0 before the first time."""
        step = int(np.searchsorted(self.time, time, side="right")) - 1
        if step < 0:
            return 0.0, 0.0, 0.0
        return float(self.incidence[step]), float(self.lower[step]), float(self.upper[step])


def cumulative_incidence(time: ArrayLike, event: ArrayLike, level: float = 0.95) -> CumulativeIncidence:
    """Return the Aalen-Johansen estimate for times (n,) and codes (n,): 0 censored, 1 the event, 2 the competing one.

    At equal times events go before censoring. Variance by the delta method, which is Greenwood's when nothing
    competes (Marubini and Valsecchi 1995, 10.12); the interval is F^exp(+-z se / (F log F)), inside [0, 1]. The
    median's interval inverts the pointwise one (Brookmeyer and Crowley 1982). Empty input gives empty arrays.
    Raises ValueError for negative or missing times and unknown codes.
    """
    times, codes = np.asarray(time, dtype=float), np.asarray(event)
    if not (np.isfinite(times) & (times >= 0)).all():
        raise ValueError("times must be known and not negative")
    if not np.isin(codes, (CENSORED, EVENT, COMPETING)).all():
        raise ValueError(f"event codes must be 0, 1 or 2, found {sorted(set(codes.tolist()))}")
    distinct, position = np.unique(times, return_inverse=True)
    events = np.bincount(position, weights=codes == EVENT, minlength=len(distinct)).astype(float)
    competing = np.bincount(position, weights=codes == COMPETING, minlength=len(distinct)).astype(float)
    leaving = np.bincount(position, minlength=len(distinct)).astype(float)
    at_risk = len(times) - (np.cumsum(leaving) - leaving)
    both = events + competing
    survival = np.cumprod(1 - both / at_risk)
    before = np.append(1.0, survival)[:-1]
    incidence = np.cumsum(before * events / at_risk)
    variance = _variance(incidence, before, events, both, at_risk)
    lower, upper = log_log_interval(incidence, np.sqrt(variance), float(norm.ppf(0.5 + level / 2)))
    return CumulativeIncidence(
        time=distinct,
        incidence=incidence,
        variance=variance,
        lower=lower,
        upper=upper,
        competing=np.cumsum(before * competing / at_risk),
        at_risk=at_risk.astype(np.int64),
        median=_first_time(distinct, incidence),
        median_lower=_first_time(distinct, upper),
        median_upper=_first_time(distinct, lower),
    )


def natural_course(episodes: pd.DataFrame, source: str = "conservative care") -> pd.DataFrame:
    """Return the rows of estimates.natural_course: the network's curve, and each clinic's of at least 20 episodes.

    `episodes` has clinic_code, event ('improved', 'stepped_up', 'censored') and event_day; rows without a day are
    left out. A row a day on which anything happened; `median_day` is NaN when half never improved.
    """
    known = episodes[episodes["event_day"].notna() & episodes["event"].isin(list(EVENT_CODES))]
    parts = [_course_rows(known, source, "network")]
    for clinic, rows in known.groupby("clinic_code", sort=True):
        if len(rows) >= LEAST_EPISODES:
            parts.append(_course_rows(rows, source, str(clinic)))
    return as_table(parts, NATURAL_COURSE_COLUMNS)


def log_log_interval(
    incidence: FloatArray, standard_error: FloatArray, quantile: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return F^exp(+-quantile se / (F log F)), an interval inside [0, 1]; F itself where F is 0 or 1."""
    inside = (incidence > 0) & (incidence < 1)
    safe = np.where(inside, incidence, 0.5)
    width = quantile * standard_error / (safe * np.abs(np.log(safe)))
    return np.where(inside, safe ** np.exp(width), incidence), np.where(inside, safe ** np.exp(-width), incidence)


def _course_rows(rows: pd.DataFrame, source: str, clinic: str) -> pd.DataFrame:
    curve = cumulative_incidence(rows["event_day"].to_numpy(dtype=float), rows["event"].map(EVENT_CODES).to_numpy(int))
    return pd.DataFrame(
        {
            "source": source,
            "clinic_code": clinic,
            "day": curve.time.astype(np.int64),
            "cumulative_improved": curve.incidence,
            "lower": curve.lower,
            "upper": curve.upper,
            "cumulative_stepped_up": curve.competing,
            "n_at_risk": curve.at_risk,
            "median_day": curve.median,
        }
    )


def _variance(
    incidence: FloatArray, before: FloatArray, events: FloatArray, both: FloatArray, at_risk: FloatArray
) -> FloatArray:
    """Sums over earlier times j of (F - F_j)^2 a_j + b_j - 2 (F - F_j) c_j, expanded so that they are cumulative."""
    alive = at_risk - both
    a = np.divide(both, at_risk * alive, out=np.zeros_like(both), where=alive > 0)
    b = before**2 * events * (at_risk - events) / at_risk**3
    c = before * events / at_risk**2
    squared = incidence**2 * np.cumsum(a) - 2 * incidence * np.cumsum(incidence * a) + np.cumsum(incidence**2 * a)
    crossed = incidence * np.cumsum(c) - np.cumsum(incidence * c)
    return np.asarray(np.maximum(squared + np.cumsum(b) - 2 * crossed, 0.0), dtype=float)


def _first_time(time: FloatArray, curve: FloatArray) -> float:
    reached = np.flatnonzero(curve >= 0.5 - 1e-12)
    return float(time[reached[0]]) if len(reached) else float("nan")
