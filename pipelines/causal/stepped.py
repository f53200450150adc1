"""Estimate the stepped trial: the value of every regime and their differences, or a refusal with a reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from pipelines.causal import regime_refusals
from pipelines.causal.features import BoolArray
from pipelines.causal.inference import Estimate
from pipelines.causal.parallel import jobs_for, one_after_another
from pipelines.causal.population import Population, outcome_values, select_population
from pipelines.causal.practitioner_levels import pooled_note
from pipelines.causal.protocol import Outcome, SteppedRegime, SteppedTrial, contrast_name
from pipelines.causal.regimes import RegimeValues
from pipelines.causal.stages import Regime, Stage, StagePropensities
from pipelines.causal.tables import REGIME_COLUMNS, as_table
from pipelines.causal.training_sample import learned_note, together, training_weights
from pipelines.causal.trial_design import in_silence


def estimate_stepped(
    frame: pd.DataFrame, trial: SteppedTrial, on_progress: Callable[[str], None] | None = None
) -> pd.DataFrame:
    """Return the rows of estimates.regimes: for each outcome a row a regime and a row a contrast.

    `frame`: one row an episode with episode_key, patient_key, is_eligible, arm, the practitioner column, for every decision
    week has_decision_week<w>, arm_week<w> and the regimes' is_under_<percent>_percent_better_week<w>, and those of the
    covariates, outcome and due columns that exist; clinic_code and exclusion are used when present.

    `estimate` of a value is the mean outcome had everybody been treated by the regime; n_followers and the other figures
    of a contrast are the worse of its two regimes'. What must not be shown is a row with status 'refused', NaN estimate
    and a plain-words reason. The result does not depend on the order of the rows. Raises ValueError when a required
    column is missing or an episode occurs twice.
    """
    population = select_population(frame, trial)
    del frame  # a million episodes of it are a gigabyte that nobody reads again
    say = on_progress or in_silence
    say(f"{trial.id}: {len(population.arm)} eligible episodes")
    stages = stages_of(population.frame, trial)
    weeks = [np.asarray(stage.has_decision) for stage in stages[1:]]
    everybody = regime_refusals.of_everybody(trial, population) or regime_refusals.of_decisions(trial, weeks)
    propensities = None if everybody else _propensities(population, trial, stages)
    del stages, weeks  # they hold the covariates once more
    parts = []
    work = partial(_estimate_outcome, population, trial, everybody, propensities)
    # Where not all rows teach, two outcomes at a time would hold all rows twice: their folds are fitted side by side instead.
    is_shared = propensities is not None and propensities.training is not None
    outcomes_side_by_side = one_after_another(work, trial.outcomes, 1 if is_shared else jobs_for(len(population.arm)))
    for outcome, part in zip(trial.outcomes, outcomes_side_by_side, strict=True):
        say(f"{trial.id}: {outcome.name}")
        parts.append(part)
    return as_table(parts, REGIME_COLUMNS)


def stages_of(frame: pd.DataFrame, trial: SteppedTrial, *, has_covariates: bool = True) -> list[Stage]:
    """Return the stages of the episodes: the first 14 days, then each decision week; with nothing known where only what was done
    is asked."""
    stages = [Stage(_columns(frame, trial.covariates if has_covariates else ()), frame["arm"].to_numpy(dtype=object))]
    for week in trial.decision_weeks:
        decided = frame[f"has_decision_week{week}"].astype("boolean").fillna(False).to_numpy(dtype=bool)
        arm = frame[f"arm_week{week}"].to_numpy(dtype=object)
        known = trial.columns_of_week(week) if has_covariates else ()
        stages.append(Stage(_columns(frame, known), arm, decided))
    return stages


def prescription(frame: pd.DataFrame, trial: SteppedTrial, regime: SteppedRegime) -> Regime:
    """Return what a regime says to each episode at each stage: the labels of the arms, one (n,) a stage."""
    n = len(frame)
    without, at_once = trial.arms
    continues, adds, _ = trial.later_arms
    said = [np.full(n, at_once if regime.is_at_once else without, dtype=object)]
    for week in trial.decision_weeks:
        is_added = np.zeros(n, dtype=bool)
        if week == regime.add_at_week:
            under = frame[f"is_under_{regime.under_percent}_percent_better_week{week}"]
            is_added = under.astype("boolean").fillna(False).to_numpy(dtype=bool)
        said.append(np.where(is_added, adds, continues).astype(object))
    return said


def _estimate_outcome(
    population: Population,
    trial: SteppedTrial,
    everybody: str | None,
    propensities: StagePropensities | None,
    outcome: Outcome,
) -> pd.DataFrame:
    y, can_have = outcome_values(population.frame, outcome)
    frame, y = population.frame[can_have].reset_index(drop=True), y[can_have]
    stages = stages_of(frame, trial, has_covariates=propensities is None or not propensities.decisions)
    rules = {regime.name: prescription(frame, trial, regime) for regime in trial.regimes}
    followed = {name: _followed(stages, rule) for name, rule in rules.items()}
    decided = [np.broadcast_to(stage.has_decision, len(y)) for stage in stages]
    whole = everybody or regime_refusals.of_outcome(outcome, y) or regime_refusals.of_decisions(trial, decided[1:])
    reasons = {
        regime.name: whole
        or regime_refusals.before_fitting(
            trial, regime, followed[regime.name], _added(frame, trial, regime), np.isfinite(y)
        )
        or regime_refusals.of_arms(stages, rules[regime.name], decided)
        for regime in trial.regimes
    }
    standing = {name: rules[name] for name, reason in reasons.items() if reason is None}
    model: RegimeValues | None = None
    if standing and propensities is not None:
        model = _model(trial, len(population.arm)).set_params(is_binary=outcome.is_binary)
        if propensities.training is None:
            model.set_params(n_jobs=1)
        within, practitioner = propensities.take(can_have), population.practitioner[can_have]
        model.fit(stages, y, standing, practitioner=practitioner, propensities=within)
    figures: dict[str, dict[str, float]] = {
        name: {"n_followers": int(every.sum()), "n_observed": int((every & np.isfinite(y)).sum())}
        | {column: float("nan") for column in ("effective_n", "clipped_share", "largest_imbalance")}
        for name, every in ((name, np.all(stages_followed, axis=0)) for name, stages_followed in followed.items())
    }
    if model is not None:
        for row in model.followers_.to_dict("records"):
            name = str(row["regime"])
            figures[name] = {key: float(row[key]) for key in _WORSE}
            weighting = {key: figures[name][key] for key in ("effective_n", "clipped_share", "largest_imbalance")}
            reasons[name] = regime_refusals.after_fitting(trial, **weighting)
    rows = []
    note = None
    if propensities is not None:
        learned = learned_note(propensities.training, trial.most_training_rows)
        note = together(learned, pooled_note(population.practitioner, propensities.training))
    for name in rules:
        value = model.value(name) if model is not None and reasons[name] is None else None
        said = reasons[name] if value is None else note
        rows.append({"quantity": "value", "regime": name} | figures[name] | _result(value, said))
    for pair in trial.contrasts:
        reason = reasons[pair[0]] or reasons[pair[1]]
        difference = model.contrast(*pair) if model is not None and reason is None else None
        worse = {key: pick([figures[name][key] for name in pair]) for key, pick in _WORSE.items()}
        said = reason if difference is None else note
        rows.append({"quantity": "difference", "regime": contrast_name(*pair)} | worse | _result(difference, said))
    same = {"trial": trial.id, "outcome": outcome.name, "n": len(y), "protocol_hash": trial.protocol_hash()}
    return pd.DataFrame([same | row for row in rows])


_WORSE: dict[str, Callable[[list[float]], float]] = {
    "n_followers": min,
    "n_observed": min,
    "effective_n": min,
    "clipped_share": max,
    "largest_imbalance": max,
}


def _propensities(population: Population, trial: SteppedTrial, stages: list[Stage]) -> StagePropensities:
    """Return the propensities of everybody eligible, which the outcomes share."""
    patient = population.frame["patient_key"].to_numpy(dtype=object)
    model = _model(trial, len(patient))
    keys = population.frame["episode_key"].to_list()
    training = training_weights(keys, population.arm, trial.most_training_rows, trial.seed)
    return model.fit_propensities(stages, patient=patient, practitioner=population.practitioner, training=training)


def _model(trial: SteppedTrial, n: int) -> RegimeValues:
    return RegimeValues(
        learners=trial.learners,
        folds=trial.folds,
        repeats=trial.draws_of_folds(n),
        seed=trial.seed,
        clip=trial.clip,
        n_jobs=jobs_for(n),
    )


def _followed(stages: list[Stage], rule: Regime) -> list[BoolArray]:
    return [
        ~np.broadcast_to(stage.has_decision, len(stage.known)) | (np.asarray(stage.arm) == said)
        for stage, said in zip(stages, rule, strict=True)
    ]


def _added(frame: pd.DataFrame, trial: SteppedTrial, regime: SteppedRegime) -> BoolArray:
    if regime.add_at_week is None:
        return np.zeros(len(frame), dtype=bool)
    decided = frame[f"has_decision_week{regime.add_at_week}"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    return decided & (frame[f"arm_week{regime.add_at_week}"] == trial.later_arms[1]).to_numpy(dtype=bool)


def _columns(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    return frame[[name for name in names if name in frame]]


def _result(estimate: Estimate | None, reason: str | None) -> dict[str, object]:
    lower, upper = (float("nan"), float("nan")) if estimate is None else estimate.interval()
    return {
        "estimate": float("nan") if estimate is None else estimate.estimate,
        "lower": lower,
        "upper": upper,
        "status": "refused" if estimate is None else "estimated",
        "reason": reason,
    }
