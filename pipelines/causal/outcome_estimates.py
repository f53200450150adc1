"""One outcome of a trial: its effects, its scores and what they say of each episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.differences import Differences, find_differences
from pipelines.causal.episodes import episode_rows, score_rows
from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.group_rows import group_rows
from pipelines.causal.inference import Estimate, Estimates
from pipelines.causal.model_rows import arm_rows, model_rows, needed_columns
from pipelines.causal.overlap import effective_n
from pipelines.causal.patients_alike import of_patients_alike
from pipelines.causal.population import Population, outcome_values
from pipelines.causal.practitioner_levels import pooled_note
from pipelines.causal.protocol import Outcome, Pair, TargetTrial, contrast_name
from pipelines.causal.refusals import WeightedContrast, after_weighting, of_outcome, restriction_to
from pipelines.causal.training_sample import learned_note, together
from pipelines.causal.weighting import Weighting, estimator_of


@dataclass(frozen=True)
class OutcomeEstimates:
    """Rows by table of `TRIAL_TABLES`, and the model's diagnostics."""

    tables: dict[str, pd.DataFrame]
    diagnostics: dict[str, object]


@dataclass(frozen=True)
class _Sample:
    """The episodes that can have the outcome; `y` NaN where unknown, `arm` in the trial's codes."""

    rows: BoolArray
    y: FloatArray
    arm: IntArray

    @property
    def known(self) -> BoolArray:
        return np.isfinite(self.y)


def estimate_outcome(
    population: Population,
    trial: TargetTrial,
    outcome: Outcome,
    weighting: Weighting | None,
    design_reasons: dict[Pair, str | None],
) -> OutcomeEstimates:
    """Return all rows of one outcome; `design_reasons` holds why a contrast was refused before any outcome was seen.

    The outcome model is fitted only when a contrast is still standing, and scores are kept only then.
    """
    y, can_have = outcome_values(population.frame, outcome)
    sample = _Sample(can_have, y[can_have], population.arm[can_have])
    reasons = {
        pair: design_reasons[pair] or of_outcome(trial, outcome, sample.y, sample.arm, pair) for pair in trial.contrasts
    }
    model: CrossFittedAIPW | None = None
    fitted_rows = np.zeros(len(y), dtype=bool)
    if weighting is not None and any(reason is None for reason in reasons.values()):
        fitted_rows = weighting.rows & can_have
        model = _fit(population, trial, weighting, y, fitted_rows, is_binary=outcome.is_binary)
    effects: list[dict[str, object]] = []
    estimates: dict[Pair, Estimate | None] = {}
    has_groups = outcome.name in trial.difference_outcomes
    for pair in trial.contrasts:
        figures = None if weighting is None else weighting.figures.get(pair)
        row, estimates[pair] = _effect_row(
            trial, outcome, pair, sample, figures=figures, model=model, reason=reasons[pair]
        )
        effects.append(row)
        if model is not None and has_groups:
            frame = population.frame[fitted_rows]
            effects += group_rows(row, trial, outcome, pair, frame=frame, y=y[fitted_rows], model=model)
    is_shown = any(estimates.values())
    differences = Differences({}, {})
    if model is not None and is_shown and has_groups:
        differences = find_differences(population, trial, outcome, model, y=y, rows=fitted_rows, estimates=estimates)
    alike: dict[Pair, Estimates] = {}
    if model is not None:
        pairs = [pair for pair, estimate in estimates.items() if estimate is not None]
        alike = _of_patients_alike(population, trial, model, pairs, fitted_rows)
    models = [] if model is None else [model_rows(trial, outcome, model, y[fitted_rows])]
    tables = differences.tables | {
        "effects": pd.DataFrame(effects),
        "arm_means": arm_rows(trial, outcome, model, estimates),
        "scores": score_rows(population, trial, outcome, model=model, rows=fitted_rows, is_shown=is_shown),
        "episode_effects": episode_rows(population, trial, outcome, weighting, estimates, differences.gains, alike),
        "models": pd.concat([*models, differences.tables.get("models", pd.DataFrame())], ignore_index=True),
    }
    return OutcomeEstimates(tables, {} if model is None else model.diagnostics_)


def _of_patients_alike(
    population: Population, trial: TargetTrial, model: CrossFittedAIPW, pairs: Sequence[Pair], rows: BoolArray
) -> dict[Pair, Estimates]:
    kept = rows.copy()
    kept[rows] = model.target_
    of_arm = {name: model.psi_[:, :, place] for place, name in enumerate(model.arms_)}
    contrasts = {(a, b): (of_arm[a] - of_arm[b]).mean(axis=0)[model.target_] for a, b in pairs}
    return of_patients_alike(population, trial, contrasts, kept, model.propensity_.fold[0][model.target_])


def _fit(
    population: Population,
    trial: TargetTrial,
    weighting: Weighting,
    y: FloatArray,
    rows: BoolArray,
    *,
    is_binary: bool,
) -> CrossFittedAIPW:
    within = rows[weighting.rows]
    later = population.covariates(trial.observation_covariates)[rows].reset_index(drop=True)
    model = estimator_of(trial, weighting.arms, int(rows.sum()))
    model.set_params(is_binary=is_binary)
    model.fit(
        weighting.design if within.all() else weighting.design.take(within),
        y[rows],
        np.array(weighting.arms, dtype=object)[weighting.arm[within]],
        practitioner=population.practitioner[rows],
        observation_X=later if later.shape[1] else None,
        propensity=weighting.propensity.take(within),
    )
    return model


def _effect_row(
    trial: TargetTrial,
    outcome: Outcome,
    pair: Pair,
    sample: _Sample,
    *,
    figures: WeightedContrast | None,
    model: CrossFittedAIPW | None,
    reason: str | None,
) -> tuple[dict[str, object], Estimate | None]:
    """Return the row of the whole population, and its estimate unless it was refused."""
    effective, n_target = float("nan"), len(sample.y)
    if model is not None and reason is None and figures is not None:
        effective = _effective_n(model, pair)
        n_target = int(model.target_.sum())
        reason = after_weighting(trial, replace(figures, effective_n=effective))
    estimate = model.contrast(*pair) if model is not None and reason is None else None
    n_treated, n_comparator = (int((sample.known & (sample.arm == trial.arms.index(name))).sum()) for name in pair)
    row = {
        "trial": trial.id,
        "outcome": outcome.name,
        "contrast": contrast_name(*pair),
        "group_name": "all",
        "group_level": "all",
        "n": n_target,
        "n_treated": n_treated,
        "n_comparator": n_comparator,
        "effective_n": effective,
        "protocol_hash": trial.protocol_hash(),
        "clipped_share": float("nan") if figures is None else figures.clipped_share,
        "largest_imbalance": float("nan") if figures is None else figures.largest_imbalance,
        "overlap_share": float("nan") if figures is None else figures.overlap_share,
        "shrinkage": float("nan"),
    }
    row |= needed_columns(
        sample.y, sample.arm, [trial.arms.index(name) for name in pair], estimate, reason, outcome.margin
    )
    if estimate is not None and model is not None and figures is not None:
        training = model.propensity_.training
        learned = learned_note(training, trial.most_training_rows)
        reason = together(restriction_to(model.target_, figures), learned, pooled_note(model.practitioner_, training))
    return row | _result(estimate, reason), estimate


def _result(estimate: Estimate | None, reason: str | None) -> dict[str, object]:
    """Return the columns that differ between an estimate and a refusal."""
    if estimate is None:
        nothing = float("nan")
        return {"estimate": nothing, "lower": nothing, "upper": nothing, "status": "refused", "reason": reason}
    lower, upper = estimate.interval()
    return {
        "estimate": estimate.estimate,
        "lower": lower,
        "upper": upper,
        "status": "estimated",
        "reason": reason,
    }


def _effective_n(model: CrossFittedAIPW, pair: Pair, inside: BoolArray | None = None) -> float:
    kept = model.target_ & model.is_observed_
    if inside is not None:
        kept = kept & inside
    return min(effective_n(model.own_weights_[kept & (model.arm_ == model.arms_.index(name))]) for name in pair)
