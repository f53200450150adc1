"""When the value of a regime is refused, and why, in plain words. Reasons hold no counts: a small count is a disclosure."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.overlap import predictability_of_arm
from pipelines.causal.population import Population
from pipelines.causal.protocol import Outcome, SteppedRegime, SteppedTrial
from pipelines.causal.refusals import DECIDED_BY_GROUP, nobody_eligible
from pipelines.causal.stages import Regime, Stage

# A standardised difference of means of n people varies by 1 / sqrt(n); the weights of followers are not calibrated to it.
CHANCE_IN_STANDARD_ERRORS = 3


def of_everybody(trial: SteppedTrial, population: Population) -> str | None:
    """Return why no regime can be valued in these episodes, whatever the outcome; None if one can."""
    if len(population.arm) == 0:
        return nobody_eligible(population.commonest_exclusion)
    practitioner: IntArray = pd.factorize(population.practitioner)[0].astype(np.int64)
    if len(np.unique(practitioner)) == 1:
        return "One practitioner treated everybody: the result could not be told from that practitioner's habits."
    if population.frame["patient_key"].nunique() < trial.minimum_per_arm:
        return f"Fewer than {trial.minimum_per_arm} different patients."
    if len(np.unique(population.arm)) > 1:
        for group, who in ((population.codes("clinic_code"), "clinic"), (practitioner, "practitioner")):
            if group is not None and predictability_of_arm(group, population.arm, 1, 0) >= DECIDED_BY_GROUP:
                return f"The {who} decided the treatment: hardly any gave both, so the two cannot be compared."
    if len(np.unique(practitioner)) < trial.minimum_practitioners:
        return (
            f"Fewer than {trial.minimum_practitioners} practitioners: how much results differ between "
            "practitioners cannot be estimated, so no honest interval can be given."
        )
    return None


def of_outcome(outcome: Outcome, y: FloatArray) -> str | None:
    """Return why no regime can be valued for this outcome (n,), NaN where unknown; None if one can."""
    known = y[np.isfinite(y)]
    if len(known) == 0:
        return f"No outcome is known at {outcome.timepoint_weeks} weeks."
    if known.min() == known.max():
        return "Every known outcome has the same value: nothing can be learned from it."
    return None


def of_decisions(trial: SteppedTrial, decided: list[BoolArray]) -> str | None:
    """Return why the decisions of the later weeks cannot be modelled; None if they can. decided: who had one (n,), by week."""
    for week, rows in zip(trial.decision_weeks, decided, strict=True):
        if 0 < rows.sum() < trial.minimum_per_arm:
            return f"Fewer than {trial.minimum_per_arm} episodes had a decision to take at week {week}."
    return None


def of_arms(stages: list[Stage], rule: Regime, decided: list[BoolArray]) -> str | None:
    """Return that at some stage nobody was treated as the rule says; None if somebody was at each."""
    for stage, said, rows in zip(stages, rule, decided, strict=True):
        if not set(np.asarray(said)[rows]) <= set(np.asarray(stage.arm)[rows]):
            return "At one of the visits nobody was treated as the rule says."
    return None


def before_fitting(
    trial: SteppedTrial, regime: SteppedRegime, follows: list[BoolArray], added: BoolArray, known: BoolArray
) -> str | None:
    """Return why a regime has too few followers to be valued; None if it has enough.

    follows: by stage who did what the regime says (n,), or had nothing to decide; added: who was manipulated at the
    regime's week; known: who has an outcome.
    """
    every = np.all(follows, axis=0)
    if every.sum() < trial.minimum_per_arm:
        return f"Fewer than {trial.minimum_per_arm} episodes were treated as the rule says."
    if (every & known).sum() < trial.minimum_per_arm:
        return f"Fewer than {trial.minimum_per_arm} episodes that were treated as the rule says have a known outcome."
    if regime.add_at_week and (every & known & added).sum() < trial.minimum_effective_n:
        return (
            f"Fewer than {trial.minimum_effective_n} episodes had manipulation added at week {regime.add_at_week} as the "
            "rule says and have a known outcome."
        )
    return None


def after_fitting(
    trial: SteppedTrial, *, effective_n: float, clipped_share: float, largest_imbalance: float
) -> str | None:
    """Return which of the protocol's limits the followers' weights break; None if none."""
    if clipped_share > trial.maximum_clipped_share:
        return (
            f"Too little overlap: for over {100 * trial.maximum_clipped_share:.0f} % of the episodes what the rule says "
            "was hardly ever done for patients like these."
        )
    if effective_n < trial.minimum_effective_n:
        return (
            f"Effective size under {trial.minimum_effective_n}: after weighting the value would rest on a few episodes."
        )
    if not largest_imbalance <= trial.maximum_imbalance + CHANCE_IN_STANDARD_ERRORS / sqrt(effective_n):
        return (
            "Those treated as the rule says still differ from everybody after weighting: standardised difference over "
            f"{trial.maximum_imbalance:g} by more than chance."
        )
    return None
