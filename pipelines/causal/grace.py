"""The grace period of a trial by cloning, censoring and weighting: strategies as they can be carried out.

Cain et al. (International Journal of Biostatistics 2010), Hernan (BMJ 2018). At time zero nobody has left a strategy yet, so
each episode counts as a clone in all of them and leaves one after the other (`GraceStrategy` says when):

    decision   continue without: at the first manipulation; add: may still wait at time zero's visit, at the next one without it
    index      rest or advice: at the first other treatment; exercise: at the first manipulation, or at the visit after time zero's
               when there was no exercise by then; manipulation: at the visit after time zero's when there was none by then

Who got better or stayed away after time zero's visit, before a treatment that may have been planned, has left neither: such
an episode counts in all that still wait, not in the lighter arm. The effect is of the strategies as they can be carried out, so
smaller than that of a treatment received. Scores and weights are those of `clones`; who answered is weighted for by what was done
in the grace period. Intervals are clustered by practitioner, with all clones of an episode, and no surer than few clones allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.causal.clones import AT_TIME_ZERO, Clones, clone_scores, clones_of, stay_probabilities
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, encode, joined
from pipelines.causal.folds import assign_folds
from pipelines.causal.inference import Estimate, mean_over_repeats
from pipelines.causal.nuisance import CrossFit, cross_fit_observation, one_arm_a_row
from pipelines.causal.overlap import effective_n
from pipelines.causal.parallel import jobs_for
from pipelines.causal.population import Population, outcome_values, select_population
from pipelines.causal.protocol import Outcome, Pair, TargetTrial
from pipelines.causal.refusals import before_fitting, of_outcome
from pipelines.causal.sensitivity import sensitivity_row
from pipelines.causal.tables import SENSITIVITY_COLUMNS, as_table
from pipelines.causal.training_sample import in_sample, made_note
from pipelines.causal.trial_design import in_silence

ANALYSIS = "cloning, censoring and weighting"
_FEW_CLONES = "Effective size under {}: after weighting the comparison would rest on a few clones."


@dataclass(frozen=True)
class _Cloned:
    """What the outcomes share, fitted before one is looked at: `clones` of the strategies that are compared, `stays` their
    probabilities of staying (draws, m), `fold` (draws, n); designs of the visits and of who may answer."""

    visits: Design
    answering: Design
    fold: IntArray
    clones: dict[str, Clones]
    stays: dict[str, FloatArray]


def grace_estimates(
    frame: pd.DataFrame, visits: pd.DataFrame, trial: TargetTrial, say: Callable[[str], None] = in_silence
) -> pd.DataFrame:
    """Return a row of estimates.sensitivity for each outcome and contrast of a trial with `grace_strategies`.

    frame: as for `estimate_trial`; visits: a row a visit with episode_key, visit_no (0 at time zero), treatment and the trial's
    grace covariates that exist. Of more episodes than the trial's models may learn from all is made on a sample of whole patients,
    and the rows say so. Does not depend on the order of rows. Raises ValueError as `select_population`.
    """
    everybody = select_population(frame, trial)
    drawn = in_sample(everybody.frame["patient_key"].to_list(), trial.most_training_rows, trial.seed)
    population, note = everybody.take(drawn), made_note(drawn, trial.most_training_rows)
    ordered = _ordered(population, visits)
    clones = {one.arm: clones_of(ordered, one) for one in trial.grace_strategies}
    practitioner: IntArray = pd.factorize(population.practitioner)[0].astype(np.int64)
    clinic = population.codes("clinic_code")
    reasons = {
        pair: before_fitting(trial, population.arm, practitioner, clinic, pair, population.commonest_exclusion)
        or _too_few_visits(trial, pair, clones, np.ones(len(population.arm), dtype=bool))
        for pair in trial.contrasts
    }
    standing = {arm: clones[arm] for pair, reason in reasons.items() if reason is None for arm in pair}
    say(f"{trial.id}, {ANALYSIS}")
    cloned = _cloned(population, ordered, trial, standing) if standing else None
    rows = []
    for outcome in trial.outcomes:
        say(f"{trial.id}, {ANALYSIS}: {outcome.name}")
        rows += _outcome_rows(population, trial, outcome, note, clones=clones, cloned=cloned, reasons=reasons)
    return as_table([pd.DataFrame(rows)], SENSITIVITY_COLUMNS)


def _ordered(population: Population, visits: pd.DataFrame) -> pd.DataFrame:
    """Return the visits of the population's episodes by `row`, the episode's, and time."""
    row_of = pd.Series(np.arange(len(population.frame)), index=population.frame["episode_key"].astype(str))
    known = visits.assign(row=visits["episode_key"].astype(str).map(row_of)).dropna(subset="row")
    return known.astype({"row": np.int64}).sort_values(["row", "visit_no"], kind="stable").reset_index(drop=True)


def _too_few_visits(trial: TargetTrial, pair: Pair, clones: dict[str, Clones], within: BoolArray) -> str | None:
    """Return why two strategies cannot be told apart: hardly anybody came again while one of them could still be left."""
    own = [clones[arm] for arm in pair]
    later = [np.sum(one.may_leave & (one.kind != AT_TIME_ZERO) & within[one.episode]) for one in own]
    if max(later) >= trial.minimum_per_arm:
        return None
    return f"Fewer than {trial.minimum_per_arm} visits came after time zero's while a strategy could still be left."


def _cloned(population: Population, visits: pd.DataFrame, trial: TargetTrial, clones: dict[str, Clones]) -> _Cloned:
    row = visits["row"].to_numpy(dtype=np.int64)
    known = population.covariates(trial.covariates)
    at_visit = visits[[name for name in trial.grace_covariates if name in visits]]
    seen = pd.concat([known.iloc[row].reset_index(drop=True), at_visit], axis=1)
    design = encode(seen, pd.Series(population.practitioner[row]))
    answering = encode(known, pd.Series(population.practitioner))
    later = population.covariates(trial.observation_covariates)
    answering = joined(answering, encode(later)) if later.shape[1] else answering
    n = len(population.arm)
    patient = population.frame["patient_key"].to_numpy(dtype=object)
    generator = np.random.default_rng(trial.seed)
    folds = np.array(
        [assign_folds(patient, population.arm, trial.folds, generator) for _ in range(trial.draws_of_folds(n))]
    )
    with threadpool_limits(1):
        stays = {
            arm: np.array(
                [stay_probabilities(own, _setting(trial, design, fold, k), trial.clip) for k, fold in enumerate(folds)]
            )
            for arm, own in clones.items()
        }
    return _Cloned(design, answering, folds, clones, stays)


def _setting(trial: TargetTrial, design: Design, fold: IntArray, draw: int) -> CrossFit:
    n = len(fold)
    nothing, seed = np.zeros(n, dtype=np.int64), trial.seed + 1000 * (draw + 1)
    return CrossFit(design, nothing, np.ones(n), fold, 1, trial.learners, seed, jobs_for(n))


def _outcome_rows(
    population: Population,
    trial: TargetTrial,
    outcome: Outcome,
    note: str | None,
    *,
    clones: dict[str, Clones],
    cloned: _Cloned | None,
    reasons: dict[Pair, str | None],
) -> list[dict[str, object]]:
    y, can_have = outcome_values(population.frame, outcome)
    arm = population.arm[can_have]
    why = {
        pair: reason
        or of_outcome(trial, outcome, y[can_have], arm, pair)
        or _too_few_visits(trial, pair, clones, can_have)
        for pair, reason in reasons.items()
    }
    compared = {name for pair, reason in why.items() if reason is None for name in pair}
    scores: dict[str, FloatArray] = {}
    sizes: dict[str, float] = {}
    noise: dict[str, FloatArray] = {}
    if cloned is not None and compared:
        scores, sizes, noise = _scores(
            cloned, trial, compared, y, can_have=can_have, arm=arm, is_binary=outcome.is_binary
        )
    rows = []
    for pair, reason in why.items():
        size = float("nan") if reason else min(sizes[name] for name in pair)
        said = _FEW_CLONES.format(trial.minimum_effective_n) if size < trial.minimum_effective_n else reason
        estimate: Estimate | None = None
        if said is None:
            found = mean_over_repeats(scores[pair[0]] - scores[pair[1]], population.practitioner[can_have])
            estimate = not_surer_than(found, noise[pair[0]] - noise[pair[1]], size)
        rows.append(
            sensitivity_row(
                trial, outcome, pair, ANALYSIS, n=len(arm), effective_n=size, estimate=estimate, reason=said or note
            )
        )
    return rows


def _scores(
    cloned: _Cloned,
    trial: TargetTrial,
    compared: set[str],
    y: FloatArray,
    *,
    can_have: BoolArray,
    arm: IntArray,
    is_binary: bool,
) -> tuple[dict[str, FloatArray], dict[str, float], dict[str, FloatArray]]:
    """Return each strategy's scores (draws, n of those who can have the outcome), its smallest effective number of clones, and
    its weights times spreads (draws, n), see `clone_scores`."""
    own_y, is_known = y[can_have], np.isfinite(y[can_have])
    scores: dict[str, list[FloatArray]] = {name: [] for name in trial.arms if name in compared}
    noise: dict[str, list[FloatArray]] = {name: [] for name in scores}
    sizes = dict.fromkeys(scores, np.inf)
    answering = cloned.answering.take(can_have)
    with threadpool_limits(1):
        for draw, fold in enumerate(cloned.fold[:, can_have]):
            setting = _setting(trial, cloned.visits, fold, draw)
            by_arm = replace(setting, design=answering, arm=arm, n_arms=len(trial.arms))
            answered = cross_fit_observation(by_arm, is_known, one_arm_a_row(arm, by_arm.n_arms))
            g = np.maximum(answered[np.arange(len(arm)), arm], trial.clip)
            for name, own in scores.items():
                rows = can_have[cloned.clones[name].episode]
                clones = cloned.clones[name].take(rows, can_have)
                stays = cloned.stays[name][draw][rows]
                score, weight, spread = clone_scores(clones, stays, setting, own_y, g, is_binary=is_binary)
                own.append(score)
                sizes[name] = min(sizes[name], effective_n(weight[weight > 0]))
                noise[name].append(spread)
    stacked = {name: np.array(own) for name, own in scores.items()}
    return stacked, sizes, {name: np.array(own) for name, own in noise.items()}


def not_surer_than(estimate: Estimate, noise: FloatArray, size: float) -> Estimate:
    """Return the estimate with at least the variance of a sum of independent errors of spreads `noise` (draws, n), over n.

    Where a few clones (`size`, effective) carry most of the weight, their own residuals may happen to be small: the spread of the
    scores then says that more is known than is.
    """
    least = float((noise**2).sum(axis=1).max()) / noise.shape[1] ** 2
    if estimate.standard_error**2 >= least:
        return estimate
    return replace(estimate, standard_error=sqrt(least), degrees_of_freedom=min(estimate.degrees_of_freedom, size - 1))
