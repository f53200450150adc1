"""The main contrast under other choices that could have been made: rows of diagnostics.specifications.

The main estimate, its other outcomes and its other analyses are taken as they are stored. The rest is fitted anew with ridge
and logistic regression and one draw of folds; so are the main choices, which tells the learners from the choices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.features import BoolArray, FloatArray, IntArray, encode
from pipelines.causal.inference import Estimate, clustered_mean
from pipelines.causal.overlap import effective_n
from pipelines.causal.population import Population, outcome_values, select_population
from pipelines.causal.protocol import Outcome, Pair, TargetTrial, contrast_name
from pipelines.causal.refusals import after_weighting, before_fitting, of_outcome, of_practitioners
from pipelines.causal.training_sample import in_sample, made_note
from pipelines.causal.weighting import Weighting, contrast_figures, estimator_of
from pipelines.robustness.choices import NAIVE, Adjustment, Specification, specifications_of


def refitted_rows(frame: pd.DataFrame, trial: TargetTrial, say: Callable[[str], None] = lambda _: None) -> pd.DataFrame:
    """Return a row a contrast and specification that is fitted anew; a refusal where the limits of the protocol are broken.

    frame: as for `estimate_trial`, with the columns that `specifications_of` names. Of more episodes than the trial's models may
    learn from all is made on a sample of whole patients, and the rows say so.
    """
    linear = replace(trial, learners=("linear",), repeats=1)
    populations: dict[str, Population] = {}
    notes: dict[str, str | None] = {}
    weighted: dict[tuple[str, Adjustment], tuple[Weighting | None, dict[Pair, str | None]]] = {}
    rows = []
    for one in specifications_of(trial, list(frame.columns)):
        say(f"{trial.id}, specification: {one.name}")
        if one.arm_column not in populations:
            everybody = select_population(frame.assign(arm=frame[one.arm_column]), trial)
            drawn = in_sample(everybody.frame["patient_key"].to_list(), trial.most_training_rows, trial.seed)
            populations[one.arm_column] = everybody.take(drawn)
            notes[one.arm_column] = made_note(drawn, trial.most_training_rows)
        population, note = populations[one.arm_column], notes[one.arm_column]
        y, can_have = outcome_values(population.frame, one.outcome)
        if one.adjustment is None:
            rows += [_naive_row(population, trial, one, pair, y, can_have, note) for pair in trial.contrasts]
            continue
        key = (one.arm_column, one.adjustment)
        if key not in weighted:
            weighted[key] = _weigh(population, linear, one.adjustment)
        rows += _adjusted_rows(population, linear, one, *weighted[key], y=y, can_have=can_have, note=note)
    return pd.DataFrame(rows).assign(protocol_hash=trial.protocol_hash())


def _weigh(
    population: Population, trial: TargetTrial, adjustment: Adjustment
) -> tuple[Weighting | None, dict[Pair, str | None]]:
    codes = pd.factorize(population.practitioner)[0].astype(np.int64)
    clinic = population.codes("clinic_code")
    reasons = {
        pair: before_fitting(trial, population.arm, codes, clinic, pair, population.commonest_exclusion)
        for pair in trial.contrasts
    }
    standing = [pair for pair in trial.contrasts if reasons[pair] is None]
    arms = tuple(arm for arm in trial.arms if any(arm in pair for pair in standing))
    if not arms:
        return None, reasons
    rows = np.isin(population.arm, [trial.arms.index(arm) for arm in arms])
    practitioner = pd.Series(population.practitioner[rows])
    covariates = population.covariates(adjustment.covariates)[rows].reset_index(drop=True)
    design = encode(covariates, practitioner if adjustment.has_practitioners else None)
    labels = np.array(trial.arms, dtype=object)[population.arm[rows]]
    together = practitioner if adjustment.is_folded_by_practitioner else population.frame.loc[rows, "patient_key"]
    if together.nunique() < trial.folds:
        return None, {
            pair: reason or f"Fewer than {trial.folds} different patients." for pair, reason in reasons.items()
        }
    estimator = _estimator(trial, arms, int(rows.sum()))
    propensity = estimator.fit_propensity(design, labels, patient=together.to_numpy(dtype=object))
    arm = np.array([arms.index(label) for label in labels], dtype=np.int64)
    figures = {pair: contrast_figures(pair, arms, arm, design, propensity, trial=trial) for pair in standing}
    return Weighting(arms, rows, arm, design, propensity, figures), reasons


def _estimator(trial: TargetTrial, arms: tuple[str, ...], n: int) -> CrossFittedAIPW:
    """Linear fits take less time than starting processes for them."""
    estimator: CrossFittedAIPW = estimator_of(trial, arms, n).set_params(n_jobs=1)
    return estimator


def _adjusted_rows(
    population: Population,
    trial: TargetTrial,
    one: Specification,
    weighted: Weighting | None,
    reasons: dict[Pair, str | None],
    *,
    y: FloatArray,
    can_have: BoolArray,
    note: str | None,
) -> list[dict[str, object]]:
    why = {
        pair: reasons[pair] or of_outcome(trial, one.outcome, y[can_have], population.arm[can_have], pair)
        for pair in trial.contrasts
    }
    model = None
    if weighted is not None and not all(why.values()):
        model = _fit(population, trial, one.outcome, weighted, y, weighted.rows & can_have)
    rows = []
    for pair in trial.contrasts:
        estimate = None
        if model is not None and weighted is not None and why[pair] is None:
            kept = model.target_ & model.is_observed_
            sizes = [effective_n(model.own_weights_[kept & (model.arm_ == model.arms_.index(arm))]) for arm in pair]
            why[pair] = after_weighting(trial, replace(weighted.figures[pair], effective_n=min(sizes)))
            estimate = None if why[pair] else model.contrast(*pair)
        rows.append(_row(trial, one, pair, can_have, estimate=estimate, reason=why[pair] or note))
    return rows


def _fit(
    population: Population, trial: TargetTrial, outcome: Outcome, weighted: Weighting, y: FloatArray, rows: BoolArray
) -> CrossFittedAIPW:
    within = rows[weighted.rows]
    later = population.covariates(trial.observation_covariates)[rows].reset_index(drop=True)
    model = _estimator(trial, weighted.arms, int(rows.sum())).set_params(is_binary=outcome.is_binary)
    fitted: CrossFittedAIPW = model.fit(
        weighted.design.take(within),
        y[rows],
        np.array(weighted.arms, dtype=object)[weighted.arm[within]],
        practitioner=population.practitioner[rows],
        observation_X=later if later.shape[1] else None,
        propensity=weighted.propensity.take(within),
    )
    return fitted


def _naive_row(
    population: Population,
    trial: TargetTrial,
    one: Specification,
    pair: Pair,
    y: FloatArray,
    can_have: BoolArray,
    note: str | None,
) -> dict[str, object]:
    codes: IntArray = pd.factorize(population.practitioner[can_have])[0].astype(np.int64)
    reason = of_outcome(trial, one.outcome, y[can_have], population.arm[can_have], pair)
    reason = reason or of_practitioners(trial, codes)
    estimate = None
    if reason is None:
        treated, comparator = (trial.arms.index(arm) for arm in pair)
        used = can_have & np.isfinite(y) & np.isin(population.arm, (treated, comparator))
        estimate = difference_in_means(
            y[used], population.arm[used] == treated, population.practitioner[used].astype(object)
        )
    return _row(trial, one, pair, can_have, estimate=estimate, reason=reason or note)


def difference_in_means(y: FloatArray, is_treated: BoolArray, practitioner: np.ndarray) -> Estimate:
    """Return the plain difference of means, treated less others, clustered by practitioner."""
    share = is_treated.mean()
    first, second = y[is_treated].mean(), y[~is_treated].mean()
    scores = first - second + np.where(is_treated, (y - first) / share, -(y - second) / (1 - share))
    return clustered_mean(scores, practitioner)


def _row(
    trial: TargetTrial,
    one: Specification,
    pair: Pair,
    can_have: BoolArray,
    *,
    estimate: Estimate | None,
    reason: str | None,
) -> dict[str, object]:
    lower, upper = (float("nan"), float("nan")) if estimate is None else estimate.interval()
    return {
        "trial": trial.id,
        "contrast": contrast_name(*pair),
        "specification": one.name,
        "outcome": one.outcome.name,
        "unit": one.outcome.unit,
        "adjustment": NAIVE if one.adjustment is None else one.adjustment.name,
        "analysis": "by what was started",
        "window_days": one.window_days,
        "grace_days": one.grace_days,
        "estimate": float("nan") if estimate is None else estimate.estimate,
        "lower": lower,
        "upper": upper,
        "n": int(can_have.sum()) if estimate is None else estimate.n,
        "status": "refused" if estimate is None else "estimated",
        "reason": reason,
        "is_main": False,
        "is_naive": one.adjustment is None,
        "is_refitted": True,
    }
