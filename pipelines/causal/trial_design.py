"""The design stage of a trial from its frame: who is compared, how they are weighted, and what is refused before any outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.causal.population import Population, select_population
from pipelines.causal.protocol import Pair, TargetTrial
from pipelines.causal.refusals import after_weighting, before_fitting
from pipelines.causal.weighting import Weighting, weigh


@dataclass(frozen=True)
class TrialDesign:
    """`weighting`: None when every contrast was refused before fitting. `reasons`: why a contrast is refused, or None."""

    population: Population
    weighting: Weighting | None
    reasons: dict[Pair, str | None]


def in_silence(_message: str) -> None:
    """Say nothing: nobody asked for progress."""


def design_trial(frame: pd.DataFrame, trial: TargetTrial, say: Callable[[str], None] = in_silence) -> TrialDesign:
    """Return the design stage of a trial; `frame` as for `effects.estimate_trial`, of which no outcome is read.

    Raises ValueError when a required column is missing or an episode occurs twice.
    """
    population = select_population(frame, trial)
    del frame  # a million episodes of it are a gigabyte that nobody reads again
    say(f"{trial.id}: {len(population.arm)} eligible episodes")
    practitioner = pd.factorize(population.practitioner)[0].astype(np.int64)
    clinic = population.codes("clinic_code")
    reasons = {
        pair: before_fitting(trial, population.arm, practitioner, clinic, pair, population.commonest_exclusion)
        for pair in trial.contrasts
    }
    weighting = weigh(population, trial, reasons)
    if weighting is not None:
        say(f"{trial.id}: propensities from {len(weighting.design.used)} covariates")
        reasons |= {pair: after_weighting(trial, figures) for pair, figures in weighting.figures.items()}
    return TrialDesign(population, weighting, reasons)
