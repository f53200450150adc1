"""A practitioner's own outcomes beside what was to be expected of the patients seen, as the other clinics tell it.

For the practitioner and the clinical lead alone, never side by side: differences between practitioners are mostly chance and
who came (domain/indicators.md 5.2, rule 3).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.case_mix.compare import standing
from pipelines.case_mix.expected import TooFewError, expected_outcomes
from pipelines.case_mix.measures import MEASURES
from pipelines.causal.features import FloatArray

FEWEST_EPISODES = 30
FEWEST_QUARTERS = 4
"""Quarters in which the episodes began, from the first to the last: the contract carries no month, so 12 months are 4 quarters."""

TOO_FEW = "Fewer than 30 episodes with a known outcome."
TOO_SHORT = "The episodes began within less than 12 months."
TOO_FEW_OTHERS = "What is left of the clinic would be too few patients to stay unknown."
_KEY = ["clinic_code", "practitioner_key"]


def practitioner_measures(episodes: pd.DataFrame, smallest_rest: int) -> pd.DataFrame:
    """Return one row a practitioner and measure: clinic_code, practitioner_key, indicator, measure, n, observed, expected,
    adjusted, lower, upper (shares from 0 to 1, or points), network, and `reason` where the last six are missing.

    `episodes` is as in `compare_clinics`, with practitioner_key, who saw the first visit. A value is given from 30 known outcomes
    in episodes that began over at least 12 months, and when the clinic's other known outcomes are none or at least
    `smallest_rest`. The standard error is of the practitioner's own patients; visits of others in the same episode are not told
    apart.
    """
    rows = []
    for measure in MEASURES:
        known_as = episodes[measure.column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        observed: FloatArray = np.asarray(known_as, dtype=np.float64)
        known = np.isfinite(observed)
        named = {"indicator": measure.indicator, "measure": measure.measure}
        try:
            expected, why = expected_outcomes(episodes, observed, is_binary=measure.is_binary), ""
        except TooFewError as error:
            expected, why = np.full(len(observed), np.nan), str(error)
        table = episodes.loc[known, [*_KEY, "index_period"]].assign(observed=observed[known], expected=expected[known])
        network = float(table["observed"].mean()) if measure.is_binary and len(table) else 0.0
        of_clinic = table["clinic_code"].value_counts().to_dict()
        for (code, key), own in table.groupby(_KEY):
            reason = why or _reason(own, of_clinic[code] - len(own), smallest_rest)
            told = {} if reason else standing(str(code), own, network, measure)
            kept = {name: told.get(name, np.nan) for name in ("observed", "expected", "adjusted", "lower", "upper")}
            rows.append(
                {"clinic_code": code, "practitioner_key": key, **named, "n": len(own), **kept}
                | {"network": network, "reason": reason}
            )
    return pd.DataFrame(rows)


def _reason(own: pd.DataFrame, n_others: int, smallest_rest: int) -> str:
    if len(own) < FEWEST_EPISODES:
        return TOO_FEW
    if _quarters(own["index_period"].dropna()) < FEWEST_QUARTERS:
        return TOO_SHORT
    return TOO_FEW_OTHERS if 0 < n_others < smallest_rest else ""


def _quarters(periods: pd.Series) -> int:
    """Quarters from the first to the last, both counted; periods are written 2026-Q3."""
    numbers = [4 * int(period[:4]) + int(period[-1]) for period in periods]
    return max(numbers) - min(numbers) + 1 if numbers else 0
