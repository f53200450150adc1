"""The columns of the estimates tables and their types, so that an empty table looks like a full one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

TEXT, WHOLE, REAL, FLAG = "object", "int64", "float64", "bool"

EFFECT_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "group_name": TEXT,
    "group_level": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "n": WHOLE,
    "n_treated": WHOLE,
    "n_comparator": WHOLE,
    "effective_n": REAL,
    "status": TEXT,
    "reason": TEXT,
    "protocol_hash": TEXT,
    "clipped_share": REAL,
    "largest_imbalance": REAL,
    "overlap_share": REAL,
}
SCORE_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "arm": TEXT,
    "episode_key": TEXT,
    "fold": WHOLE,
    "repeat": WHOLE,
    "mu": REAL,
    "e": REAL,
    "g": REAL,
    "score": REAL,
    "practitioner_key": TEXT,
    "protocol_hash": TEXT,
}
EPISODE_EFFECT_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "episode_key": TEXT,
    "effect": REAL,
    "lower": REAL,
    "upper": REAL,
    "label": TEXT,
}
NATURAL_COURSE_COLUMNS = {
    "source": TEXT,
    "clinic_code": TEXT,
    "day": WHOLE,
    "cumulative_improved": REAL,
    "lower": REAL,
    "upper": REAL,
    "cumulative_stepped_up": REAL,
    "n_at_risk": WHOLE,
    "median_day": REAL,
}
REGIME_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "quantity": TEXT,
    "regime": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "n": WHOLE,
    "n_followers": WHOLE,
    "n_observed": WHOLE,
    "effective_n": REAL,
    "clipped_share": REAL,
    "largest_imbalance": REAL,
    "status": TEXT,
    "reason": TEXT,
    "protocol_hash": TEXT,
}
PROTOCOL_COLUMNS = {
    "trial": TEXT,
    "protocol_hash": TEXT,
    "item_no": WHOLE,
    "item": TEXT,
    "target_trial": TEXT,
    "emulation": TEXT,
}
SENSITIVITY_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "analysis": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "n": WHOLE,
    "effective_n": REAL,
    "status": TEXT,
    "reason": TEXT,
    "protocol_hash": TEXT,
}


def as_table(parts: Sequence[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    """Return the parts below each other with exactly these columns, in order and typed; missing text is None."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    table = pd.concat(filled, ignore_index=True)[list(columns)].astype(columns)
    for name in (name for name, kind in columns.items() if kind == TEXT):
        table[name] = table[name].where(table[name].notna(), None)
    return table
