"""The stored scores of one outcome beside the episodes they belong to: what every diagnostic is worked out from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.inference import Estimate, mean_of_clusters, median_of_repeats
from pipelines.causal.population import Population, outcome_values
from pipelines.causal.protocol import Outcome, Pair, TargetTrial


@dataclass(frozen=True)
class ScoredOutcome:
    """Rows are the episodes an outcome's effects are about, by episode_key. `rows`: which of the population's they are.

    `mu`, `e`, `g`, `psi` (repeats, n, arms): outcome mean, propensity, probability of an answer, score. `arm` (n,) holds codes
    of `arms`; `y` (n,) is NaN where unknown; `practitioner` (n,) codes the clusters of every interval.
    `protocol_hash`: the trial's, worked out once.
    """

    trial: TargetTrial
    outcome: Outcome
    arms: tuple[str, ...]
    rows: BoolArray
    arm: IntArray
    y: FloatArray
    practitioner: IntArray
    mu: FloatArray
    e: FloatArray
    g: FloatArray
    psi: FloatArray
    protocol_hash: str

    @property
    def known(self) -> BoolArray:
        """Return whose outcome is known (n,)."""
        return np.isfinite(self.y)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Return the contrasts between arms that have scores."""
        return tuple(pair for pair in self.trial.contrasts if set(pair) <= set(self.arms))

    def codes(self, pair: Pair) -> tuple[int, int]:
        """Return the codes of treated and comparator."""
        return self.arms.index(pair[0]), self.arms.index(pair[1])

    def contrast(self, pair: Pair) -> FloatArray:
        """Return the scores (repeats, n) whose mean is the effect."""
        treated, comparator = self.codes(pair)
        return np.asarray(self.psi[:, :, treated] - self.psi[:, :, comparator], dtype=float)

    def own(self, values: FloatArray) -> FloatArray:
        """Return of values (n, arms) those of the arm that each episode was in (n,)."""
        return np.asarray(values[np.arange(len(self.arm)), self.arm], dtype=float)

    def treatment_weights(self) -> FloatArray:
        """Return 1 / e of the own arm (n,), e averaged over repeats, as the estimator judges its balance by."""
        return 1 / self.own(self.e.mean(axis=0))

    def answer_weights(self) -> FloatArray:
        """Return 1 / (e g) of the own arm (n,) where the outcome is known, 0 elsewhere."""
        return self.treatment_weights() / self.own(self.g.mean(axis=0)) * self.known

    def take(self, kept: BoolArray) -> ScoredOutcome:
        """Return these episodes (n,) only; the practitioners keep their codes."""
        rows = self.rows.copy()
        rows[rows] = kept
        parts = {name: getattr(self, name)[:, kept] for name in ("mu", "e", "g", "psi")}
        own = {name: getattr(self, name)[kept] for name in ("arm", "y", "practitioner")}
        return replace(self, rows=rows, **own, **parts)

    def mean(self, scores: FloatArray) -> Estimate:
        """Return the mean of scores (repeats, n), clustered and aggregated as every effect is."""
        return median_of_repeats([mean_of_codes(one, self.practitioner) for one in scores])


def mean_of_codes(scores: FloatArray, practitioner: IntArray) -> Estimate:
    """Return the mean of scores (n,) with the interval of `causal.inference`, practitioners being codes (n,).

    The scores' own mean is taken off before they are squared, so that nothing is lost to rounding.
    """
    middle = float(scores.mean())
    centred = scores - middle
    sums = [
        np.bincount(practitioner, weights=part).astype(float) for part in (np.ones(len(scores)), centred, centred**2)
    ]
    found = mean_of_clusters(sums[0], sums[1], sums[2])
    return Estimate(
        found.estimate + middle, found.standard_error, found.degrees_of_freedom, found.n, found.n_practitioners
    )


def scored_outcome(
    scores: pd.DataFrame, population: Population, trial: TargetTrial, outcome: Outcome
) -> ScoredOutcome | None:
    """Return the outcome with its scores, None when none were kept (every contrast was refused).

    scores: rows of estimates.scores; those of other trials and outcomes are left out. Raises ValueError when an episode
    has a score and is not in the population, or has not one a repeat and arm.
    """
    own = scores[(scores["trial"] == trial.id) & (scores["outcome"] == outcome.name)]
    if own.empty:
        return None
    arms = tuple(arm for arm in trial.arms if (own["arm"] == arm).any())
    keys = np.sort(own["episode_key"].astype(str).unique())
    repeats = own["repeat"].nunique()
    if len(own) != len(arms) * len(keys) * repeats:
        raise ValueError(f"trial {trial.id}, {outcome.name}: an episode has not one score a repeat and arm")
    rows = population.frame["episode_key"].astype(str).isin(keys).to_numpy(dtype=bool)
    if rows.sum() != len(keys):
        raise ValueError(f"trial {trial.id}, {outcome.name}: scores are of episodes that the trial does not have")
    position = own["arm"].map({arm: code for code, arm in enumerate(arms)})
    ordered = own.assign(arm_code=position).sort_values(["repeat", "episode_key", "arm_code"], kind="stable")
    parts = {
        name: ordered[name].to_numpy(dtype=float).reshape(repeats, len(keys), len(arms))
        for name in ("mu", "e", "g", "score")
    }
    y, _ = outcome_values(population.frame, outcome)
    arm = np.array([arms.index(trial.arms[code]) for code in population.arm[rows]], dtype=np.int64)
    practitioner = pd.factorize(population.practitioner[rows], sort=True)[0].astype(np.int64)
    return ScoredOutcome(
        trial=trial,
        outcome=outcome,
        arms=arms,
        rows=rows,
        arm=arm,
        y=y[rows],
        practitioner=practitioner,
        mu=parts["mu"],
        e=parts["e"],
        g=parts["g"],
        psi=parts["score"],
        protocol_hash=trial.protocol_hash(),
    )
