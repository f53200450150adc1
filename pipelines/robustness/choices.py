"""The choices that could have been made otherwise: which specifications are fitted anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.causal.protocol import Outcome, TargetTrial
from pipelines.causal.trials import BASELINE_COVARIATES

FULL = "full"
NAIVE = "none"


@dataclass(frozen=True)
class Adjustment:
    """What a specification adjusts for: `name` as shown, the covariates, and what becomes of practitioners."""

    name: str
    covariates: tuple[str, ...]
    has_practitioners: bool = True
    is_folded_by_practitioner: bool = False


@dataclass(frozen=True)
class Specification:
    """One choice of outcome, arms and adjustment; `adjustment` None compares the arms as they are."""

    name: str
    outcome: Outcome
    adjustment: Adjustment | None
    window_days: int = 14
    grace_days: int | None = None
    arm_column: str = "arm"


def specifications_of(trial: TargetTrial, columns: Sequence[str]) -> list[Specification]:
    """Return what is fitted anew for a trial whose frame has these columns.

    Windows: r30d_12wk_within_7 and _within_28; responders: rmdq24_12wk_5_points, odi_pct_12wk_10_points; a shorter grace period:
    arm_within_7_days. What the frame does not have is left out.
    """
    outcome = trial.outcomes[0]
    full = Adjustment(FULL, trial.covariates)
    grace = trial.grace_period_days
    found = [
        Specification("linear models only", outcome, full, grace_days=grace),
        Specification("not adjusted", outcome, None, grace_days=grace),
        Specification(
            "without practitioners",
            outcome,
            replace(full, name="without practitioners", has_practitioners=False),
            grace_days=grace,
        ),
        Specification(
            "folds by practitioner",
            outcome,
            Adjustment("folds by practitioner", trial.covariates, False, is_folded_by_practitioner=True),
            grace_days=grace,
        ),
    ]
    if set(trial.covariates) - set(BASELINE_COVARIATES):
        baseline = Adjustment("baseline only", tuple(c for c in trial.covariates if c in BASELINE_COVARIATES))
        found.append(Specification("baseline only", outcome, baseline, grace_days=grace))
    for days in (7, 28):
        column = f"{outcome.column}_within_{days}"
        found.append(
            Specification(
                f"answers within {days} days",
                replace(outcome, column=column),
                full,
                window_days=days,
                grace_days=grace,
            )
        )
    for instrument, points in (("rmdq24", 5), ("odi_pct", 10)):
        column = f"{instrument}_12wk_{points}_points"
        responder = replace(outcome, name=column, column=column, baseline_floors=((instrument, float(points)),))
        found.append(Specification(f"responder: {instrument} by {points} points", responder, full, grace_days=grace))
    found.append(Specification("grace period of 7 days", outcome, full, grace_days=7, arm_column="arm_within_7_days"))
    return [one for one in found if one.arm_column in columns and one.outcome.column in columns]
