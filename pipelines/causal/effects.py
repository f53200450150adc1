"""Estimate a target trial: every contrast of every outcome as an effect with interval, or a refusal with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from pipelines.causal.outcome_estimates import OutcomeEstimates, estimate_outcome
from pipelines.causal.protocol import TargetTrial
from pipelines.causal.tables import TRIAL_TABLES, as_table
from pipelines.causal.trial_design import TrialDesign, design_trial, in_silence


@dataclass(frozen=True)
class TrialEstimates:
    """The rows of every table of `TRIAL_TABLES` of one trial, and how they arose.

    `diagnostics`: covariates used, left out and absent; by outcome the stack weights and observed share."""

    tables: dict[str, pd.DataFrame]
    diagnostics: dict[str, object]

    @property
    def effects(self) -> pd.DataFrame:
        """Return the rows of estimates.effects."""
        return self.tables["effects"]

    @property
    def scores(self) -> pd.DataFrame:
        """Return the rows of estimates.scores."""
        return self.tables["scores"]

    @property
    def episode_effects(self) -> pd.DataFrame:
        """Return the rows of estimates.episode_effects."""
        return self.tables["episode_effects"]


def estimate_trial(
    frame: pd.DataFrame, trial: TargetTrial, on_progress: Callable[[str], None] | None = None
) -> TrialEstimates:
    """Estimate all contrasts of all outcomes of a trial.

    `frame`: one row an episode with episode_key, patient_key, is_eligible, arm, the practitioner column, and those of
    the trial's covariates, outcome, due and group columns that exist (outcomes NaN where unknown, binary ones 0/1);
    clinic_code, contraindication ('absolute', ...), is_screening_complete and exclusion are used when present.

    A contrast that must not be shown is a row with status 'refused', NaN estimate and a plain-words reason; no input
    that has the required columns, however small, raises. The result does not depend on the order of the rows.

    `episode_effects` shows the average for everybody unless the tests of `heterogeneity` were passed (`basis` says which):
    `effect` is then the episode's expected gain. Raises ValueError when a required column is missing or an episode occurs
    twice.
    """
    say = on_progress or in_silence
    design = design_trial(frame, trial, say)
    population, weighting = design.population, design.weighting
    diagnostics: dict[str, object] = {}
    if weighting is not None:
        diagnostics = {
            "covariates_used": weighting.design.used,
            "covariates_left_out": weighting.design.left_out,
            "covariates_absent": tuple(name for name in trial.covariates if name not in population.frame),
            "propensity_stack": weighting.propensity.stack,
            "target_share": float(weighting.propensity.target.mean()),
        }
    parts = []
    for outcome, part in zip(trial.outcomes, estimated_outcomes(design, trial, say), strict=True):
        parts.append(part)
        if part.diagnostics:
            diagnostics[outcome.name] = part.diagnostics
    tables = {
        name: as_table([part.tables[name] for part in parts if name in part.tables], columns)
        for name, (columns, _) in TRIAL_TABLES.items()
    }
    return TrialEstimates(tables, diagnostics)


def estimated_outcomes(
    design: TrialDesign, trial: TargetTrial, on_progress: Callable[[str], None] | None = None
) -> Iterator[OutcomeEstimates]:
    """Yield the rows of one outcome after the other, so that no more than one outcome's episodes need be in memory."""
    say = on_progress or in_silence
    for outcome in trial.outcomes:
        say(f"{trial.id}: {outcome.name}")
        yield estimate_outcome(design.population, trial, outcome, design.weighting, design.reasons)
