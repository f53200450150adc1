"""The grace period of the decision by cloning, censoring and weighting.

Cain et al. (International Journal of Biostatistics 2010), Hernan (BMJ 2018). At time zero nobody has left a strategy yet, so
each episode counts as a clone in both:

    continue   leaves it, and is censored, at the first visit of the grace period with manipulation
    add        may still wait at time zero's visit; leaves it at the next visit of the grace period without manipulation

Who got better or stayed away after time zero's visit, before a manipulation that may have been planned, has left neither:
such an episode counts in both, not as 'continue'. With p the probability of manipulation at a visit not manipulated before, given
what was seen at time zero and at that visit (one model of time zero's visits, one pooled over the later ones), a clone that
stayed weighs the product of 1 / (1 - p) over its visits (continue), and 1 / p of the visit at which it could no longer wait
(add), times 1 / g for a known outcome; p is calibrated to what was seen (`calibration`). The effect is of the strategies
as they can be carried out, so smaller than that of a manipulation received.

The outcome less what time zero predicts of it (out of fold, alike for both clones) is averaged with these weights: that moves
no mean the weights get right, and takes variance out. Intervals are clustered by practitioner, with both clones of an episode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.causal.calibration import calibrated_propensities, standardised_among
from pipelines.causal.features import BoolArray, FloatArray, IntArray, encode
from pipelines.causal.folds import assign_folds
from pipelines.causal.inference import Estimate, mean_over_repeats
from pipelines.causal.nuisance import CrossFit, cross_fit_observation, cross_fit_outcome, cross_fit_propensity
from pipelines.causal.overlap import effective_n
from pipelines.causal.parallel import jobs_for
from pipelines.causal.population import Population, outcome_values, select_population
from pipelines.causal.protocol import Outcome, Pair, TargetTrial
from pipelines.causal.refusals import before_fitting, of_outcome
from pipelines.causal.sensitivity import sensitivity_row
from pipelines.causal.tables import SENSITIVITY_COLUMNS, as_table
from pipelines.causal.trial_design import in_silence

ANALYSIS = "cloning, censoring and weighting"


@dataclass(frozen=True)
class GraceVisits:
    """Visits of the grace period up to the first manipulation: `episode` (m,) row of the population, `seen` (m, p),
    `is_manipulated` (m,), `is_later` (m,) than time zero, `is_last_chance` (m,) where a clone of `add` can no longer wait."""

    episode: IntArray
    seen: pd.DataFrame
    is_manipulated: BoolArray
    is_later: BoolArray
    is_last_chance: BoolArray


def grace_estimates(
    frame: pd.DataFrame, visits: pd.DataFrame, trial: TargetTrial, say: Callable[[str], None] = in_silence
) -> pd.DataFrame:
    """Return a row of estimates.sensitivity for each outcome of a trial's first contrast, (add, continue).

    frame: as for `estimate_trial`; visits: a row a visit with episode_key, visit_no (0 at time zero), has_manipulation
    and the trial's grace covariates that exist. Does not depend on the order of rows. Raises ValueError as `select_population`.
    """
    population = select_population(frame, trial)
    pair = trial.contrasts[0]
    practitioner: IntArray = pd.factorize(population.practitioner)[0].astype(np.int64)
    reason = before_fitting(
        trial, population.arm, practitioner, population.codes("clinic_code"), pair, population.commonest_exclusion
    )
    rows = []
    for outcome in trial.outcomes:
        say(f"{trial.id}, {ANALYSIS}: {outcome.name}")
        y, can_have = outcome_values(population.frame, outcome)
        why = reason or of_outcome(trial, outcome, y[can_have], population.arm[can_have], pair)
        rows.append(_row(population, visits, trial, outcome, pair, can_have=can_have, y=y, reason=why))
    return as_table([pd.DataFrame(rows)], SENSITIVITY_COLUMNS)


def _row(
    population: Population,
    visits: pd.DataFrame,
    trial: TargetTrial,
    outcome: Outcome,
    pair: Pair,
    *,
    can_have: BoolArray,
    y: FloatArray,
    reason: str | None,
) -> dict[str, object]:
    n = int(can_have.sum())
    if reason is not None:
        return sensitivity_row(trial, outcome, pair, ANALYSIS, n=n, reason=reason)
    frame = population.frame[can_have].reset_index(drop=True)
    courses = _visits(frame, visits, trial)
    if courses.is_later.sum() < trial.minimum_per_arm:
        too_few = (
            f"Fewer than {trial.minimum_per_arm} visits came after time zero's while manipulation could still be added."
        )
        return sensitivity_row(trial, outcome, pair, ANALYSIS, n=n, reason=too_few)
    practitioner = population.practitioner[can_have]
    scores, sizes = _scores(frame, courses, trial, y[can_have], practitioner, is_binary=outcome.is_binary)
    if sizes < trial.minimum_effective_n:
        too_small = f"Effective size under {trial.minimum_effective_n}: after weighting the comparison would rest on a few clones."
        return sensitivity_row(trial, outcome, pair, ANALYSIS, n=n, effective_n=sizes, reason=too_small)
    estimate: Estimate = mean_over_repeats(scores, practitioner)
    return sensitivity_row(trial, outcome, pair, ANALYSIS, n=n, effective_n=sizes, estimate=estimate)


def _visits(frame: pd.DataFrame, visits: pd.DataFrame, trial: TargetTrial) -> GraceVisits:
    row_of = pd.Series(np.arange(len(frame)), index=frame["episode_key"].astype(str))
    ordered = visits.assign(row=visits["episode_key"].astype(str).map(row_of)).dropna(subset="row")
    ordered = ordered.sort_values(["row", "visit_no"], kind="stable").reset_index(drop=True)
    was_given = ordered["has_manipulation"].astype(bool)
    before = was_given.astype(int).groupby(ordered["row"]).cumsum() - was_given.astype(int)
    at_risk = ordered[before == 0].reset_index(drop=True)
    is_later = at_risk["visit_no"] > 0
    is_first_later = is_later & (is_later.astype(int).groupby(at_risk["row"]).cumsum() == 1)
    row = at_risk["row"].to_numpy(dtype=np.int64)
    known = frame[[name for name in trial.covariates if name in frame]].iloc[row].reset_index(drop=True)
    at_visit = at_risk[[name for name in trial.grace_covariates if name in at_risk]]
    return GraceVisits(
        row,
        pd.concat([known, at_visit], axis=1),
        at_risk["has_manipulation"].to_numpy(dtype=bool),
        is_later.to_numpy(dtype=bool),
        is_first_later.to_numpy(dtype=bool),
    )


def _scores(
    frame: pd.DataFrame,
    visits: GraceVisits,
    trial: TargetTrial,
    y: FloatArray,
    practitioner: np.ndarray,
    *,
    is_binary: bool,
) -> tuple[FloatArray, float]:
    """Return each episode's part of the difference (repeats, n), and the smaller effective number of clones."""
    n, is_observed, jobs = len(y), np.isfinite(y), jobs_for(len(y))
    design = encode(frame[[name for name in trial.covariates if name in frame]], pd.Series(practitioner))
    at_visits = encode(visits.seen, pd.Series(practitioner[visits.episode]))
    was_manipulated = np.zeros(n, dtype=np.int64)
    np.maximum.at(was_manipulated, visits.episode, visits.is_manipulated.astype(np.int64))
    patient = frame["patient_key"].to_numpy(dtype=object)
    generator = np.random.default_rng(trial.seed)
    scores, sizes = [], []
    with threadpool_limits(1):
        for repeat in range(trial.draws_of_folds(n)):
            fold = assign_folds(patient, was_manipulated, trial.folds, generator)
            seed = trial.seed + 1000 * (repeat + 1)
            setting = CrossFit(design, was_manipulated, np.ones(n), fold, 2, trial.learners, seed, jobs)
            g = cross_fit_observation(setting, is_observed)[np.arange(n), was_manipulated]
            everybody = CrossFit(design, np.zeros(n, dtype=np.int64), np.ones(n), fold, 1, trial.learners, seed, jobs)
            expected = cross_fit_outcome(everybody, y, is_binary)[0][:, 0]
            e = np.zeros((len(visits.episode), 2))
            for part in (part for part in (visits.is_later, ~visits.is_later) if part.any()):
                given = visits.is_manipulated[part].astype(np.int64)
                weight, folds = np.ones(part.sum()), fold[visits.episode[part]]
                model = CrossFit(at_visits.take(part), given, weight, folds, 2, trial.learners, seed, jobs)
                modelled, _ = cross_fit_propensity(model)
                e[part] = calibrated_propensities(modelled, standardised_among(model.design.balance), given, weight)
            stays = clone_weights(visits, np.maximum(e, trial.clip), n)
            residual = np.where(is_observed, y - expected, 0.0)
            means, parts = [], []
            for weight in stays:
                known = weight * is_observed / np.maximum(g, trial.clip)
                mean = float(known @ residual / known.sum()) if known.any() else 0.0
                means.append(mean)
                parts.append(known / known.mean() * (residual - mean) if known.any() else np.zeros(n))
                sizes.append(effective_n(known[known > 0]))
            scores.append(means[0] - means[1] + parts[0] - parts[1])
    return np.array(scores), min(sizes)


def clone_weights(visits: GraceVisits, e: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Return the weights (n,) of n episodes' clones of `add` and of `continue`, 0 where a clone left its strategy.

    e (m, 2): probabilities of continuing and of manipulation at each visit.
    """
    add, without = np.ones(n), np.ones(n)
    chance = visits.is_last_chance
    np.multiply.at(add, visits.episode[chance], visits.is_manipulated[chance] / e[chance, 1])
    np.multiply.at(without, visits.episode, (~visits.is_manipulated) / e[:, 0])
    return add, without
