"""One outcome of a trial: its effects, its scores and what they say of each episode."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.episodes import episode_rows, score_rows
from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.inference import Estimate
from pipelines.causal.overlap import effective_n
from pipelines.causal.population import Population, outcome_values
from pipelines.causal.protocol import Outcome, Pair, TargetTrial, contrast_name
from pipelines.causal.refusals import WeightedContrast, after_weighting, of_outcome
from pipelines.causal.weighting import Weighting, estimator_of


@dataclass(frozen=True)
class OutcomeEstimates:
    """Rows for estimates.effects, estimates.scores and estimates.episode_effects, and the model's diagnostics."""

    effects: pd.DataFrame
    scores: pd.DataFrame
    episode_effects: pd.DataFrame
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
    for pair in trial.contrasts:
        figures = None if weighting is None else weighting.figures.get(pair)
        row, estimates[pair] = _effect_row(
            trial, outcome, pair, sample, figures=figures, model=model, reason=reasons[pair]
        )
        effects.append(row)
        for group in trial.groups:
            if model is not None and group in population.frame:
                levels = population.frame.loc[fitted_rows, group]
                effects += _group_rows(
                    row, trial, outcome, pair, group=group, levels=levels, y=y[fitted_rows], model=model
                )
    return OutcomeEstimates(
        effects=pd.DataFrame(effects),
        scores=score_rows(population, trial, outcome, model=model, rows=fitted_rows, is_shown=any(estimates.values())),
        episode_effects=episode_rows(population, trial, outcome, weighting, estimates),
        diagnostics={} if model is None else model.diagnostics_,
    )


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
        weighting.design.take(within),
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
    }
    return row | _result(estimate, reason, model), estimate


def _result(estimate: Estimate | None, reason: str | None, model: CrossFittedAIPW | None) -> dict[str, object]:
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
        "reason": _restriction(model),
    }


def _restriction(model: CrossFittedAIPW | None) -> str | None:
    """Return what an estimate is limited to, None when it is about everybody eligible."""
    if model is None or model.target_.all():
        return None
    return (
        f"About the overlap population only, {100 * model.target_.mean():.0f} % of the episodes: "
        "for the others one of the treatments was hardly ever chosen."
    )


def _effective_n(model: CrossFittedAIPW, pair: Pair, inside: BoolArray | None = None) -> float:
    kept = model.target_ & model.is_observed_
    if inside is not None:
        kept = kept & inside
    return min(effective_n(model.own_weights_[kept & (model.arm_ == model.arms_.index(name))]) for name in pair)


def _group_rows(
    whole: dict[str, object],
    trial: TargetTrial,
    outcome: Outcome,
    pair: Pair,
    *,
    group: str,
    levels: pd.Series,
    y: FloatArray,
    model: CrossFittedAIPW,
) -> list[dict[str, object]]:
    """Return a row for each level of a group: the mean of the same scores, refused with the whole or when too small."""
    arm = np.array([trial.arms.index(name) for name in model.arms_], dtype=np.int64)[model.arm_]
    rows = []
    for level in sorted(levels.dropna().unique(), key=str):
        inside = (levels == level).fillna(False).to_numpy(dtype=bool) & model.target_
        reason = of_outcome(trial, outcome, y[inside], arm[inside], pair)
        effective = _effective_n(model, pair, inside)
        if reason is None and effective < trial.minimum_effective_n:
            reason = f"Effective size under {trial.minimum_effective_n} in this group."
        if whole["status"] == "refused":
            reason = str(whole["reason"])
        estimate = model.contrast(*pair, rows=inside) if reason is None else None
        known = inside & model.is_observed_
        n_treated, n_comparator = (int((known & (arm == trial.arms.index(name))).sum()) for name in pair)
        sizes = {"n": int(inside.sum()), "n_treated": n_treated, "n_comparator": n_comparator}
        named = {"group_name": group, "group_level": str(level), "effective_n": effective}
        rows.append(whole | named | sizes | _result(estimate, reason, model))
    return rows
