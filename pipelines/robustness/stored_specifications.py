"""The specifications that the night has estimated already: the main one, its other outcomes, and its other analyses."""

from __future__ import annotations

import pandas as pd

from pipelines.causal.protocol import TargetTrial
from pipelines.robustness.choices import FULL

BY_START = "by what was started"
WINDOW_DAYS = {12: 14, 26: 28}
"""Days either side of the due day within which an answer counts, by weeks (the contract)."""


def stored_rows(trial: TargetTrial, effects: pd.DataFrame, sensitivity: pd.DataFrame) -> pd.DataFrame:
    """Return a row a contrast and stored estimate, in the columns of `specifications.refitted_rows`.

    effects: estimates.effects; sensitivity: estimates.sensitivity, of which the main outcome's analyses are taken: cloning,
    censoring and weighting is the effect per protocol, beside which the main one is that of what was started.
    """
    by_name = {outcome.name: outcome for outcome in trial.outcomes}
    main = trial.outcomes[0]
    whole = effects[(effects["trial"] == trial.id) & (effects["group_name"] == "all")]
    other = sensitivity[(sensitivity["trial"] == trial.id) & (sensitivity["outcome"] == main.name)]
    rows = [
        _row(trial, row, "main" if row["outcome"] == main.name else f"outcome: {row['outcome']}", BY_START)
        for _, row in whole.iterrows()
    ] + [_row(trial, row, str(row["analysis"]), str(row["analysis"])) for _, row in other.iterrows()]
    for row in rows:
        outcome = by_name[str(row["outcome"])]
        row |= {"unit": outcome.unit, "window_days": WINDOW_DAYS[outcome.timepoint_weeks]}
    return pd.DataFrame(rows).assign(protocol_hash=trial.protocol_hash())


def _row(trial: TargetTrial, row: pd.Series, specification: str, analysis: str) -> dict[str, object]:
    kept = ("trial", "contrast", "outcome", "estimate", "lower", "upper", "n", "status", "reason")
    return {name: row[name] for name in kept} | {
        "specification": specification,
        "adjustment": FULL,
        "analysis": analysis,
        "grace_days": trial.grace_period_days,
        "is_main": specification == "main",
        "is_naive": False,
        "is_refitted": False,
    }
