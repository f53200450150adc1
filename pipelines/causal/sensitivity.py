"""Rows of estimates.sensitivity: a contrast analysed in another way than the main one, beside which it is read."""

from __future__ import annotations

from pipelines.causal.inference import Estimate
from pipelines.causal.protocol import Outcome, Pair, TargetTrial, contrast_name


def sensitivity_row(
    trial: TargetTrial,
    outcome: Outcome,
    pair: Pair,
    analysis: str,
    *,
    n: int,
    effective_n: float = float("nan"),
    estimate: Estimate | None = None,
    reason: str | None = None,
) -> dict[str, object]:
    """Return one row; without an estimate it is a refusal with its reason."""
    lower, upper = (float("nan"), float("nan")) if estimate is None else estimate.interval()
    return {
        "trial": trial.id,
        "outcome": outcome.name,
        "contrast": contrast_name(*pair),
        "analysis": analysis,
        "estimate": float("nan") if estimate is None else estimate.estimate,
        "lower": lower,
        "upper": upper,
        "n": n,
        "effective_n": effective_n,
        "status": "refused" if estimate is None else "estimated",
        "reason": reason,
        "protocol_hash": trial.protocol_hash(),
    }
