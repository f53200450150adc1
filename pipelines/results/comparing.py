"""Effects of two nights side by side."""

from __future__ import annotations

import pandas as pd

_KEY = ["trial", "outcome", "contrast"]
_TOLD = ["status", "reason", "estimate", "lower", "upper", "n"]


def compared(here: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """A row an effect of either night: its estimate in both, and `moved`, this night's less the other's, where both have one.

    here, other: `Results.effects().df`. `is_within_intervals`: whether each night's interval holds the other's estimate.
    """
    both = (
        here[_KEY + _TOLD].merge(other[_KEY + _TOLD], on=_KEY, how="outer", suffixes=("", "_other")).sort_values(_KEY)
    )
    both["moved"] = both["estimate"] - both["estimate_other"]
    held = both["estimate"].between(both["lower_other"], both["upper_other"])
    held &= both["estimate_other"].between(both["lower"], both["upper"])
    both["is_within_intervals"] = held.astype("boolean").where(both["moved"].notna())
    return both.astype({"n": "Int64", "n_other": "Int64"}).reset_index(drop=True)
