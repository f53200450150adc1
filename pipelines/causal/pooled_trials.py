"""Sequential trials pooled: the decision asked at several visits of the same episode.

Hernan et al. (American Journal of Epidemiology 2008), Danaei et al. (Statistical Methods in Medical Research 2013).
Each week's decision visit is time zero of its own trial, with its own eligibility, covariates and strategy. The rows are analysed
as one trial with the week among the covariates; folds keep a patient together, and the interval is clustered by practitioner
and by patient. The effect is the average over all decisions taken, by intention: who continued may be manipulated later.
The outcome is at the same weeks after day 0 for all, so sooner after a later decision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.causal.features import BoolArray, IntArray
from pipelines.causal.inference import median_of_repeats
from pipelines.causal.multiway import two_way_mean
from pipelines.causal.overlap import effective_n
from pipelines.causal.population import Population, outcome_values, select_population
from pipelines.causal.protocol import Outcome, TargetTrial
from pipelines.causal.refusals import after_weighting, before_fitting, of_outcome
from pipelines.causal.sensitivity import sensitivity_row
from pipelines.causal.tables import SENSITIVITY_COLUMNS, as_table
from pipelines.causal.training_sample import in_sample, made_note
from pipelines.causal.trial_design import in_silence
from pipelines.causal.weighting import Weighting, estimator_of, weigh

ANALYSIS = "pooled sequential trials"


def pooled_estimates(
    frame: pd.DataFrame, decisions: pd.DataFrame, trial: TargetTrial, say: Callable[[str], None] = in_silence
) -> pd.DataFrame:
    """Return a row of estimates.sensitivity for each outcome of a trial's first contrast.

    frame: as for `estimate_trial`, for what does not change with the week; decisions: a row an episode and week with
    episode_key, week, arm, is_eligible, the practitioner column and the covariates of that visit. Does not depend on the
    order of rows. Raises ValueError as `select_population`, or when an episode has a week twice.
    """
    pooled = replace(trial, covariates=(*trial.covariates, "week"))
    drawn = _drawn(frame, decisions, trial)
    note = made_note(drawn, trial.most_training_rows)
    population = select_population(_rows(frame[drawn], decisions), pooled)
    practitioner: IntArray = pd.factorize(population.practitioner)[0].astype(np.int64)
    pair = pooled.contrasts[0]
    reasons = {pair: before_fitting(pooled, population.arm, practitioner, population.codes("clinic_code"), pair)}
    weighting = weigh(population, replace(pooled, contrasts=(pair,)), reasons)
    if weighting is not None and reasons[pair] is None:
        reasons[pair] = after_weighting(pooled, weighting.figures[pair])
    rows = []
    for outcome in pooled.outcomes:
        say(f"{trial.id}, {ANALYSIS}: {outcome.name}")
        rows.append(_row(population, trial, pooled, outcome, note, weighting=weighting, reason=reasons[pair]))
    return as_table([pd.DataFrame(rows)], SENSITIVITY_COLUMNS)


def _drawn(frame: pd.DataFrame, decisions: pd.DataFrame, trial: TargetTrial) -> BoolArray:
    """Return the episodes (n,) of the patients drawn: all, unless they took more decisions than models may learn from."""
    is_asked = decisions["is_eligible"].astype("boolean").fillna(False) & decisions["arm"].isin(trial.arms)
    n_decisions = frame["episode_key"].map(decisions.loc[is_asked, "episode_key"].value_counts()).fillna(0)
    n_rows = n_decisions.to_numpy(dtype=np.int64)
    if n_rows.sum() <= trial.most_training_rows:
        return np.ones(len(frame), dtype=bool)
    patients = np.repeat(frame["patient_key"].to_numpy(dtype=object), n_rows)
    asked = np.zeros(len(frame), dtype=bool)
    kept = in_sample(patients.tolist(), trial.most_training_rows, trial.seed)
    asked[np.repeat(np.arange(len(frame)), n_rows)[kept]] = True
    return asked


def _rows(frame: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Return a row an episode and week: the week's own columns, the others from the episode."""
    fixed = frame[["episode_key", *(name for name in frame if name not in decisions)]]
    rows = decisions.merge(fixed.drop(columns=["exclusion"], errors="ignore"), on="episode_key", validate="many_to_one")
    return rows.assign(episode_key=rows["episode_key"].astype(str) + " week " + rows["week"].astype(str))


def _row(
    population: Population,
    trial: TargetTrial,
    pooled: TargetTrial,
    outcome: Outcome,
    note: str | None,
    *,
    weighting: Weighting | None,
    reason: str | None,
) -> dict[str, object]:
    pair = trial.contrasts[0]
    y, can_have = outcome_values(population.frame, outcome)
    reason = reason or of_outcome(trial, outcome, y[can_have], population.arm[can_have], pair)
    if reason is not None or weighting is None:
        return sensitivity_row(trial, outcome, pair, ANALYSIS, n=int(can_have.sum()), reason=reason)
    rows = weighting.rows & can_have
    within = rows[weighting.rows]
    model = estimator_of(pooled, weighting.arms, int(rows.sum())).set_params(is_binary=outcome.is_binary)
    model.fit(
        weighting.design.take(within),
        y[rows],
        np.array(weighting.arms, dtype=object)[weighting.arm[within]],
        practitioner=population.practitioner[rows],
        propensity=weighting.propensity.take(within),
    )
    target = model.target_
    codes = [model.arms_.index(name) for name in pair]
    size = min(effective_n(model.own_weights_[target & model.is_observed_ & (model.arm_ == code)]) for code in codes)
    if size < trial.minimum_effective_n:
        reason = after_weighting(trial, replace(weighting.figures[pair], effective_n=size))
        return sensitivity_row(trial, outcome, pair, ANALYSIS, n=int(target.sum()), effective_n=size, reason=reason)
    patient = population.frame["patient_key"].to_numpy(dtype=object)[rows][target]
    practitioner = population.practitioner[rows][target]
    scores = (model.psi_[:, :, codes[0]] - model.psi_[:, :, codes[1]])[:, target]
    estimate = median_of_repeats([two_way_mean(one, practitioner, patient) for one in scores])
    return sensitivity_row(
        trial, outcome, pair, ANALYSIS, n=int(target.sum()), effective_n=size, estimate=estimate, reason=note
    )
