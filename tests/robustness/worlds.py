"""Scored outcomes whose nuisances are given or exact, and a hidden factor whose strength is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from pipelines.causal.aipw import aipw_scores
from pipelines.causal.protocol import Outcome, TargetTrial
from pipelines.robustness.scored import ScoredOutcome
from tests.causal.worlds import ADD, CONTINUE, TRIAL, trial_with

PAIR = (ADD, CONTINUE)
RESPONSE = Outcome("r30d_12wk", 12, "r30d_12wk", True, "risk difference", 0.1)
BINARY = trial_with(outcomes=(RESPONSE,))


def scored(
    y,
    arm,
    *,
    mu=0.0,
    e=0.5,
    g=1.0,
    practitioner=None,
    repeats: int = 1,
    trial: TargetTrial = TRIAL,
) -> ScoredOutcome:
    """A scored outcome with these nuisances; arm 1 adds manipulation; 20 practitioners in turn unless given."""
    y, arm = np.asarray(y, dtype=float), np.asarray(arm, dtype=np.int64)
    n = len(y)
    parts = [np.broadcast_to(np.asarray(part, dtype=float), (n, 2)).copy() for part in (mu, e, g)]
    psi = aipw_scores(*parts, y, arm)
    several = [np.repeat(part[None], repeats, axis=0) for part in (*parts, psi)]
    code = np.arange(n) % 20 if practitioner is None else np.asarray(practitioner)
    return ScoredOutcome(
        trial, trial.outcomes[0], (CONTINUE, ADD), np.ones(n, dtype=bool), arm, y, code, *several, trial.protocol_hash()
    )


@dataclass(frozen=True)
class HiddenWorld:
    """`short`: exact nuisances given x alone; `full`: given x and the hidden factor u as well."""

    short: ScoredOutcome
    full: ScoredOutcome
    effect: float


def hidden_world(
    n: int, seed: int, *, on_choice: float, on_outcome: float, effect: float = 0.5, missing: float = 0.0
) -> HiddenWorld:
    """A factor u of 0 or 1, apart from x, moves the choice (log odds) and the outcome (points); the noise has variance 1.

    `missing`: the share of outcomes not known, at random."""
    generator = np.random.default_rng(seed)
    x, u = generator.normal(size=n), generator.integers(0, 2, n).astype(float)
    chance = {k: expit(0.5 * x + on_choice * (k - 0.5)) for k in (0.0, 1.0)}
    given_all = np.where(u == 1, chance[1.0], chance[0.0])
    given_x = (chance[0.0] + chance[1.0]) / 2
    arm = (generator.random(n) < given_all).astype(np.int64)
    y = x + effect * arm + on_outcome * u + generator.normal(size=n)
    y[generator.random(n) < missing] = np.nan
    u_if_added = chance[1.0] / (2 * given_x)
    u_if_not = (1 - chance[1.0]) / (2 * (1 - given_x))
    g = 1 - missing
    short = scored(
        y,
        arm,
        mu=np.column_stack([x + on_outcome * u_if_not, x + effect + on_outcome * u_if_added]),
        e=np.column_stack([1 - given_x, given_x]),
        g=g,
    )
    full = scored(
        y,
        arm,
        mu=np.column_stack([x + on_outcome * u, x + effect + on_outcome * u]),
        e=np.column_stack([1 - given_all, given_all]),
        g=g,
    )
    return HiddenWorld(short, full, effect)
