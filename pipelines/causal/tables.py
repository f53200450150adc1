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
    "shrinkage": REAL,
    "episodes_needed": REAL,
    "practitioners_needed": REAL,
}
ARM_MEAN_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "arm": TEXT,
    "mean": REAL,
    "lower": REAL,
    "upper": REAL,
    "n": WHOLE,
    "n_arm": WHOLE,
    "protocol_hash": TEXT,
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
    "projected": REAL,
    "lower": REAL,
    "upper": REAL,
    "label": TEXT,
    "basis": TEXT,
}
HETEROGENEITY_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "contrast": TEXT,
    "test": TEXT,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "p": REAL,
    "is_passed": FLAG,
    "is_shown": FLAG,
    "verdict": TEXT,
    "episodes_needed": REAL,
    "protocol_hash": TEXT,
}
RULE_VALUE_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "arms": TEXT,
    "status": TEXT,
    "reason": TEXT,
    "is_shown": FLAG,
    "value": REAL,
    "value_single": REAL,
    "gain": REAL,
    "gain_lower": REAL,
    "gain_upper": REAL,
    "words": TEXT,
    "n": WHOLE,
    "episodes_needed": REAL,
    "protocol_hash": TEXT,
}
RULE_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "node": WHOLE,
    "feature": TEXT,
    "threshold": REAL,
    "below": REAL,
    "at_least": REAL,
    "arm": TEXT,
    "n": WHOLE,
    "is_shown": FLAG,
    "protocol_hash": TEXT,
}
MODEL_COLUMNS = {
    "trial": TEXT,
    "outcome": TEXT,
    "model": TEXT,
    "figure": TEXT,
    "value": REAL,
    "seed": WHOLE,
    "protocol_hash": TEXT,
}
TRIAL_TABLES = {
    "effects": (EFFECT_COLUMNS, "trial, outcome, contrast, group_name, group_level"),
    "arm_means": (ARM_MEAN_COLUMNS, "trial, outcome, arm"),
    "scores": (SCORE_COLUMNS, "trial, outcome, arm, episode_key, repeat"),
    "episode_effects": (EPISODE_EFFECT_COLUMNS, "trial, outcome, contrast, episode_key"),
    "heterogeneity": (HETEROGENEITY_COLUMNS, "trial, outcome, contrast, test"),
    "rule_values": (RULE_VALUE_COLUMNS, "trial, outcome"),
    "rules": (RULE_COLUMNS, "trial, outcome, node"),
    "models": (MODEL_COLUMNS, "trial, outcome, model, figure"),
}
"""Every table that a trial's estimates fill: its columns and the order of its rows."""
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

IMPROVEMENT_CURVE_COLUMNS = {
    "trial": TEXT,
    "arm": TEXT,
    "day": WHOLE,
    "cumulative_improved": REAL,
    "lower": REAL,
    "upper": REAL,
    "cumulative_injection_or_surgery": REAL,
    "unadjusted_improved": REAL,
    "n_at_risk": WHOLE,
    "protocol_hash": TEXT,
}
IMPROVEMENT_EFFECT_COLUMNS = {
    "trial": TEXT,
    "contrast": TEXT,
    "measure": TEXT,
    "day": WHOLE,
    "estimate": REAL,
    "lower": REAL,
    "upper": REAL,
    "unadjusted": REAL,
    "n": WHOLE,
    "n_treated": WHOLE,
    "n_comparator": WHOLE,
    "effective_n": REAL,
    "status": TEXT,
    "reason": TEXT,
    "protocol_hash": TEXT,
}

SESSION_COURSE_COLUMNS = {
    "arm": TEXT,
    "improvement": TEXT,
    "sessions": WHOLE,
    "cumulative_improved": REAL,
    "lower": REAL,
    "upper": REAL,
    "cumulative_care_ended": REAL,
    "n_at_risk": WHOLE,
    "median_sessions": REAL,
    "median_lower": REAL,
    "median_upper": REAL,
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
