"""Estimate a target trial: every contrast of every outcome as an effect with interval, or a refusal with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.causal.outcome_estimates import estimate_outcome
from pipelines.causal.population import Population, select_population
from pipelines.causal.protocol import Pair, TargetTrial
from pipelines.causal.refusals import after_weighting, before_fitting
from pipelines.causal.tables import EFFECT_COLUMNS, EPISODE_EFFECT_COLUMNS, SCORE_COLUMNS, as_table
from pipelines.causal.weighting import weigh


@dataclass(frozen=True)
class TrialEstimates:
    """The rows of estimates.effects, estimates.scores and estimates.episode_effects of one trial, and how they arose.

    `diagnostics`: covariates used, left out and absent; by outcome the stack weights and observed share."""

    effects: pd.DataFrame
    scores: pd.DataFrame
    episode_effects: pd.DataFrame
    diagnostics: dict[str, object]


def estimate_trial(
    frame: pd.DataFrame, trial: TargetTrial, on_progress: Callable[[str], None] | None = None
) -> TrialEstimates:
    """Estimate all contrasts of all outcomes of a trial.

    `frame`: one row an episode with episode_key, patient_key, is_eligible, arm, the practitioner column, and those of
    the trial's covariates, outcome, due and group columns that exist (outcomes NaN where unknown, binary ones 0/1);
    clinic_code, contraindication ('absolute', ...), is_screening_complete and exclusion are used when present.

    A contrast that must not be shown is a row with status 'refused', NaN estimate and a plain-words reason; no input
    that has the required columns, however small, raises. The result does not depend on the order of the rows.

    `episode_effects` shows the average for everybody: heterogeneity is not tested yet, so no episode may differ from
    another in `effect`; `lower` and `upper` are the average's 95 % interval and only the label is the episode's own
    (see `labels`). Raises ValueError when a required column is missing or an episode occurs twice.
    """
    say = on_progress or _in_silence
    population = select_population(frame, trial)
    say(f"{trial.id}: {len(population.arm)} eligible episodes")
    reasons = _reasons_before_fitting(population, trial)
    weighting = weigh(population, trial, reasons)
    diagnostics: dict[str, object] = {}
    if weighting is not None:
        say(f"{trial.id}: propensities from {len(weighting.design.used)} covariates")
        for pair, figures in weighting.figures.items():
            reasons[pair] = after_weighting(trial, figures)
        diagnostics = {
            "covariates_used": weighting.design.used,
            "covariates_left_out": weighting.design.left_out,
            "covariates_absent": tuple(name for name in trial.covariates if name not in population.frame),
            "propensity_stack": weighting.propensity.stack,
            "target_share": float(weighting.propensity.target.mean()),
        }
    parts = []
    for outcome in trial.outcomes:
        say(f"{trial.id}: {outcome.name}")
        part = estimate_outcome(population, trial, outcome, weighting, reasons)
        parts.append(part)
        if part.diagnostics:
            diagnostics[outcome.name] = part.diagnostics
    return TrialEstimates(
        effects=as_table([part.effects for part in parts], EFFECT_COLUMNS),
        scores=as_table([part.scores for part in parts], SCORE_COLUMNS),
        episode_effects=as_table([part.episode_effects for part in parts], EPISODE_EFFECT_COLUMNS),
        diagnostics=diagnostics,
    )


def _in_silence(_message: str) -> None:
    """Say nothing: nobody asked for progress."""


def _reasons_before_fitting(population: Population, trial: TargetTrial) -> dict[Pair, str | None]:
    practitioner = pd.factorize(population.practitioner)[0].astype(np.int64)
    clinic = population.codes("clinic_code")
    return {
        pair: before_fitting(trial, population.arm, practitioner, clinic, pair, population.commonest_exclusion)
        for pair in trial.contrasts
    }
