"""The 'effects' of treatment on negative controls, and what they say of the trial's own effects (empirical calibration)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.features import FloatArray, as_numbers, encode
from pipelines.causal.inference import Estimate
from pipelines.causal.population import Population, outcome_values, select_population
from pipelines.causal.protocol import Outcome, Pair, TargetTrial, contrast_name
from pipelines.causal.training_sample import in_sample, made_note
from pipelines.causal.weighting import estimator_of
from pipelines.self_check.error_model import FEWEST_CONTROLS, ErrorModel, fit_error_model
from pipelines.self_check.limits import FALSE_ALARM_RATE
from pipelines.self_check.negative_controls import NegativeControl

LEAST_ALARM = 0.1
"""Standard deviations: the difference between arms that is refused in a covariate after weighting is one in a control too."""

FEWEST_YES = 30
_NOT_RECORDED = "It was not recorded."
_RARE = f"Fewer than {FEWEST_YES} have it, or fewer have not."
_FEW = "Fewer than {0} episodes of an arm have it recorded."
_NORMAL_95 = float(norm.ppf(0.975))


def control_rows(
    frame: pd.DataFrame, trial: TargetTrial, controls: tuple[NegativeControl, ...], pairs: tuple[Pair, ...]
) -> list[dict[str, object]]:
    """Return the rows of self_checks.negative_controls: a row a control and contrast of `pairs`.

    frame: the trial's, with the columns of the controls. An estimate is in standard deviations of the control, from the trial's
    estimator with linear models and one draw of folds, adjusted for everything but the control itself. An alarm is one of at
    least 0.1 whose interval leaves out 0 at a level at which a night without systematic error has an alarm in 1 of 100 trials.
    Of more episodes than the trial's models may learn from all is made on a sample of whole patients, and the rows say so.
    """
    everybody = select_population(frame, trial)
    drawn = in_sample(everybody.frame["patient_key"].to_list(), trial.most_training_rows, trial.seed)
    population, note = everybody.take(drawn), made_note(drawn, trial.most_training_rows)
    rows: list[dict[str, object]] = []
    for control in controls:
        y, reason = _values(population, trial, control, pairs)
        found = {} if reason else _estimates(population, trial, control, y, pairs)
        n_known = int(np.isfinite(y).sum())
        rows += [_row(trial, control, pair, found.get(pair), reason or note, n_known) for pair in pairs]
    n_told = sum(row["status"] == "estimated" for row in rows)
    return [_without_error(row, n_told) for row in rows]


def calibrated_rows(
    controls: pd.DataFrame, effects: pd.DataFrame, frame: pd.DataFrame, trial: TargetTrial
) -> list[dict[str, object]]:
    """Return the rows of self_checks.calibrated_effects: a row an estimated effect of everybody.

    controls: rows of self_checks.negative_controls of the trial; effects: its estimated rows of estimates.effects. Effects are put
    on the controls' scale by the standard deviation of the known outcomes. Refused with fewer than 5 controls estimated.
    """
    population = select_population(frame, trial)
    models: dict[str, tuple[ErrorModel | None, int]] = {}
    spread = {outcome.name: _spread(population, outcome) for outcome in trial.outcomes}
    rows = []
    for effect in effects.itertuples():
        contrast, outcome = str(effect.contrast), str(effect.outcome)
        if contrast not in models:
            models[contrast] = _error_model(controls[controls["contrast"] == contrast])
        named = {"trial": trial.id, "outcome": outcome, "contrast": contrast, "protocol_hash": trial.protocol_hash()}
        effect_and_interval = np.array([effect.estimate, effect.lower, effect.upper], dtype=float) / spread[outcome]
        rows.append(named | _calibrated(effect_and_interval, *models[contrast], spread[outcome]))
    return rows


def _values(
    population: Population, trial: TargetTrial, control: NegativeControl, pairs: tuple[Pair, ...]
) -> tuple[FloatArray, str | None]:
    """The control of each episode in standard deviations, NaN where not recorded, and why it cannot be used."""
    y = np.full(len(population.arm), np.nan)
    if control.column not in population.frame:
        return y, _NOT_RECORDED
    column = population.frame[control.column]
    if control.levels:
        column = column.isin(control.levels).astype("Float64").where(column.notna())
    values, levels = as_numbers(column)
    if values is None or levels or not np.isfinite(values).any():
        return y, _NOT_RECORDED
    known = values[np.isfinite(values)]
    counts = np.unique(known, return_counts=True)[1]
    if len(counts) < 2 or (len(counts) == 2 and counts.min() < FEWEST_YES):
        return values, _RARE
    arms = {trial.arms.index(arm) for pair in pairs for arm in pair}
    if any((np.isfinite(values) & (population.arm == arm)).sum() < trial.minimum_per_arm for arm in arms):
        return values, _FEW.format(trial.minimum_per_arm)
    return (values - known.mean()) / known.std(), None


def _estimates(
    population: Population, trial: TargetTrial, control: NegativeControl, y: FloatArray, pairs: tuple[Pair, ...]
) -> dict[Pair, Estimate]:
    arms = tuple(arm for arm in trial.arms if any(arm in pair for pair in pairs))
    rows = np.isin(population.arm, [trial.arms.index(arm) for arm in arms])
    adjusted = tuple(name for name in trial.covariates if name not in (control.column, *control.left_out))
    practitioner = population.practitioner[rows]
    design = encode(population.covariates(adjusted)[rows].reset_index(drop=True), pd.Series(practitioner))
    model: CrossFittedAIPW = estimator_of(replace(trial, learners=("linear",)), arms, int(rows.sum()))
    model.set_params(repeats=1, n_jobs=None, is_binary=False)
    labels = np.array(trial.arms, dtype=object)[population.arm[rows]]
    patient = population.frame.loc[rows, "patient_key"].to_numpy(dtype=object)
    model.fit(design, y[rows], labels, patient=patient, practitioner=practitioner)
    return {pair: model.contrast(*pair) for pair in pairs}


def _row(
    trial: TargetTrial, control: NegativeControl, pair: Pair, found: Estimate | None, reason: str | None, n_known: int
) -> dict[str, object]:
    lower, upper = (float("nan"), float("nan")) if found is None else found.interval()
    return {
        "trial": trial.id,
        "contrast": contrast_name(*pair),
        "control": control.name,
        "words": control.words,
        "estimate": float("nan") if found is None else found.estimate,
        "lower": lower,
        "upper": upper,
        "standard_error": float("nan") if found is None else found.standard_error,
        "n_known": n_known,
        "status": "refused" if found is None else "estimated",
        "reason": reason,
        "protocol_hash": trial.protocol_hash(),
        "found": found,
    }


def _without_error(row: dict[str, object], n_told: int) -> dict[str, object]:
    """The row with its verdict at a level shared out among all that were told."""
    found = row.pop("found")
    is_alarm = False
    if isinstance(found, Estimate):
        lower, upper = found.interval(1 - FALSE_ALARM_RATE / n_told)
        is_alarm = abs(found.estimate) >= LEAST_ALARM and not lower <= 0 <= upper
    return row | {"is_alarm": is_alarm}


def _error_model(controls: pd.DataFrame) -> tuple[ErrorModel | None, int]:
    told = controls[(controls["status"] == "estimated") & (controls["standard_error"] > 0)]
    if len(told) < FEWEST_CONTROLS:
        return None, len(told)
    estimates, errors = (told[name].to_numpy(dtype=float) for name in ("estimate", "standard_error"))
    return fit_error_model(estimates, errors), len(told)


def _spread(population: Population, outcome: Outcome) -> float:
    y, can_have = outcome_values(population.frame, outcome)
    known = y[can_have & np.isfinite(y)]
    return float(known.std()) if len(known) else float("nan")


def _calibrated(
    effect_and_interval: FloatArray, model: ErrorModel | None, n_controls: int, spread: float
) -> dict[str, object]:
    """An effect with its interval, in standard deviations of the outcome, calibrated and back in its own units."""
    if model is None:
        reason = f"Not enough controls: {n_controls} could be estimated, and calibration needs {FEWEST_CONTROLS}."
        nothing = dict.fromkeys(("estimate", "lower", "upper", "systematic_error"), float("nan"))
        return nothing | {"n_controls": n_controls, "status": "refused", "reason": reason}
    estimate, lower, upper = effect_and_interval.tolist()
    calibrated = model.calibrate(estimate, (upper - lower) / (2 * _NORMAL_95))
    said = dict(zip(("estimate", "lower", "upper"), (spread * value for value in calibrated), strict=True))
    told = {
        "systematic_error": spread * model.expected,
        "n_controls": n_controls,
        "status": "estimated",
        "reason": None,
    }
    return said | told
