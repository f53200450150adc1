"""The episodes of one outcome with the nuisances that the night's scores were made of, and the night's estimator on them.

Propensities and the probability of an answer do not depend on the answer, so they are read from the stored scores and shared by
all replications; only the outcome model is fitted anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, encode
from pipelines.causal.population import Population, outcome_values, select_population
from pipelines.causal.propensity import PropensityFit
from pipelines.causal.protocol import Outcome, Pair, TargetTrial
from pipelines.causal.weighting import estimator_of
from pipelines.self_check.effort import Effort


@dataclass(frozen=True)
class Sample:
    """Rows are episodes (n), by episode_key. `arm` (n,): codes of `arms`; `y` (n,), NaN where unknown.

    `mu`, `e`, `g` (draws, n, arms) and `fold` (draws, n) are the night's: the expected outcome, the probability of the arm and of
    an answer, out of fold. `pairs`: contrasts that were estimated.
    """

    trial: TargetTrial
    outcome: Outcome
    population: Population
    pairs: tuple[Pair, ...]
    arms: tuple[str, ...]
    arm: IntArray
    y: FloatArray
    mu: FloatArray
    e: FloatArray
    g: FloatArray
    fold: IntArray

    @cached_property
    def design(self) -> Design:
        """The night's covariates and practitioners, encoded."""
        covariates = self.population.covariates(self.trial.covariates)
        return encode(covariates.reset_index(drop=True), pd.Series(self.population.practitioner))

    @cached_property
    def labels(self) -> NDArray[np.object_]:
        """The arm of each episode by name."""
        return np.array(self.arms, dtype=object)[self.arm]

    @property
    def patient(self) -> NDArray[np.object_]:
        """The patient of each episode."""
        return self.population.frame["patient_key"].to_numpy(dtype=object)

    @property
    def later(self) -> pd.DataFrame | None:
        """What may explain who answered only, None where the trial has nothing of the kind."""
        columns = self.population.covariates(self.trial.observation_covariates)
        return columns.reset_index(drop=True) if columns.shape[1] else None

    @property
    def known(self) -> BoolArray:
        """Whose outcome is known."""
        return np.isfinite(self.y)

    def codes(self, pair: Pair) -> tuple[int, int]:
        """Return the codes of a contrast's arms."""
        return self.arms.index(pair[0]), self.arms.index(pair[1])

    def draws(self, n: int | None) -> Sample:
        """Return the sample with the first n draws of folds only."""
        return replace(self, mu=self.mu[:n], e=self.e[:n], g=self.g[:n], fold=self.fold[:n])

    def thinned(self, most: int) -> Sample:
        """Return at most so many episodes, evenly spread in the order of their keys."""
        n = len(self.arm)
        if n <= most:
            return self
        rows = np.unique(np.linspace(0, n - 1, most).astype(np.int64))
        frame = self.population.frame.iloc[rows].reset_index(drop=True)
        population = replace(
            self.population, frame=frame, arm=self.population.arm[rows], practitioner=self.population.practitioner[rows]
        )
        return replace(
            self,
            population=population,
            arm=self.arm[rows],
            y=self.y[rows],
            mu=self.mu[:, rows],
            e=self.e[:, rows],
            g=self.g[:, rows],
            fold=self.fold[:, rows],
        )


Estimator = Callable[[Sample, FloatArray, Effort], CrossFittedAIPW]


def sample_of(
    frame: pd.DataFrame, scores: pd.DataFrame, trial: TargetTrial, outcome: Outcome, pairs: tuple[Pair, ...]
) -> Sample | None:
    """Return the sample of an outcome from the trial's frame and its rows of estimates.scores; None when there are none."""
    own = scores[scores["outcome"] == outcome.name].sort_values(["repeat", "episode_key", "arm"], kind="stable")
    if own.empty:
        return None
    arms = tuple(arm for arm in trial.arms if arm in set(own["arm"]))
    in_order = [sorted(arms).index(arm) for arm in arms]
    keys = np.unique(own["episode_key"].astype(str))
    shape = (own["repeat"].nunique(), len(keys), len(arms))
    mu, e, g = (own[name].to_numpy(dtype=float).reshape(shape)[:, :, in_order] for name in ("mu", "e", "g"))
    fold = own["fold"].to_numpy(dtype=np.int64).reshape(shape)[:, :, 0]
    population = select_population(frame[frame["episode_key"].isin(set(keys))], trial)
    y, _ = outcome_values(population.frame, outcome)
    arm = np.array([arms.index(trial.arms[code]) for code in population.arm], dtype=np.int64)
    return Sample(trial, outcome, population, pairs, arms, arm, y, mu, e, g, fold)


def as_tonight(sample: Sample, y: FloatArray, effort: Effort) -> CrossFittedAIPW:
    """Return the night's estimator fitted to other outcomes `y` (n,) of the same episodes, known of the same ones."""
    model = unfitted(sample, effort)
    fitted = PropensityFit(
        e=sample.e,
        modelled=sample.e.mean(axis=0),
        fold=sample.fold,
        target=np.ones(len(y), dtype=bool),
        clipped_share=0.0,
        stack={},
    )
    return model.fit(
        sample.design,
        y,
        sample.labels,
        practitioner=sample.population.practitioner,
        observation_X=sample.later,
        observation=sample.g,
        propensity=fitted,
    )


def unfitted(sample: Sample, effort: Effort) -> CrossFittedAIPW:
    """Return the protocol's estimator with the learners and draws of this effort, not fitted yet."""
    trial = sample.trial if effort.learners is None else replace(sample.trial, learners=effort.learners)
    model = estimator_of(trial, sample.arms, len(sample.arm))
    repeats = len(sample.fold) if effort.draws is None else min(effort.draws, len(sample.fold))
    model.set_params(is_binary=sample.outcome.is_binary, repeats=repeats, n_jobs=None)
    return model
