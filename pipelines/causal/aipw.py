"""Cross-fitted augmented inverse probability weighting for any number of arms and incomplete outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from pipelines.causal.arguments import TellsItsColumns, as_frame, one_a_row, outcomes_of, weights_of
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, encode, joined
from pipelines.causal.folds import assign_folds
from pipelines.causal.inference import Estimate, mean_over_repeats
from pipelines.causal.nuisance import LEARNERS, CrossFit, cross_fit_observation, cross_fit_outcome
from pipelines.causal.propensity import PropensityFit, fit_propensities


def aipw_scores(mu: FloatArray, e: FloatArray, g: FloatArray, y: FloatArray, arm: IntArray) -> FloatArray:
    """Return mu + 1(arm) 1(observed) / (e g) (y - mu) for each unit and arm; all but `y` and `arm` are (n, arms).

    Robins, Rotnitzky and Zhao (1994). `y` holds NaN where the outcome was not observed.
    """
    scores = mu.copy()
    rows = np.flatnonzero(np.isfinite(y))
    own = arm[rows]
    scores[rows, own] += (y[rows] - mu[rows, own]) / (e[rows, own] * g[rows, own])
    return scores


class CrossFittedAIPW(TellsItsColumns, BaseEstimator):  # type: ignore[misc]
    """Doubly robust scores of every unit and arm, cross-fitted by patient and repeated over fold draws.

    Parameters
    ----------
    arms: the arms in order; default: those found, sorted.
    learners: any of 'linear' (ridge, logistic) and 'boosting'; short-stacked.
    folds, repeats, seed: cross-fitting.
    clip: least e and g that is divided by; what is clipped is counted.
    maximum_clipped_share: above it the target is the overlap population.
    overlap_low, overlap_high: the propensities that make the overlap population.
    is_calibrated: tilt the propensities until the weighted arms are alike (see `calibration`).
    is_binary: None finds out whether all observed outcomes are 0 or 1.
    n_jobs: folds fitted at a time, in processes; it changes no number. None is 1, -1 as many as there are cores.

    After `fit`: `arms_`, `scores_` (a row a unit, arm and repeat: row, arm, repeat, fold, mu, e, g, score, is_target),
    `target_` (n,) bool, `diagnostics_` (dict), `propensity_`; of a frame or array `n_features_in_`, `feature_names_in_`.
    """

    def __init__(
        self,
        *,
        arms: Sequence[str] | None = None,
        learners: Sequence[str] = LEARNERS,
        folds: int = 5,
        repeats: int = 3,
        seed: int = 0,
        clip: float = 0.01,
        maximum_clipped_share: float = 0.05,
        overlap_low: float = 0.05,
        overlap_high: float = 0.95,
        is_calibrated: bool = True,
        is_binary: bool | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.arms = arms
        self.learners = learners
        self.folds = folds
        self.repeats = repeats
        self.seed = seed
        self.clip = clip
        self.maximum_clipped_share = maximum_clipped_share
        self.overlap_low = overlap_low
        self.overlap_high = overlap_high
        self.is_calibrated = is_calibrated
        self.is_binary = is_binary
        self.n_jobs = n_jobs

    def fit_propensity(
        self,
        X: pd.DataFrame | NDArray[Any] | Design,
        arm: ArrayLike,
        *,
        patient: ArrayLike | None = None,
        practitioner: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        training: FloatArray | None = None,
    ) -> PropensityFit:
        """Return the propensities of every repeat, without looking at an outcome.

        training (n,): weights of the rows that models learn from, 0 for those only scored (see `training_sample`); also those
        that the other nuisances learn from when the fit is handed to `fit`. None: all rows.
        """
        design = self._design(X, practitioner)
        code, arms = self._codes(arm)
        weight = weights_of(sample_weight, len(code))
        patients = np.asarray(np.arange(len(code)) if patient is None else patient, dtype=object)
        generator = np.random.default_rng(self.seed)
        folds = np.array([assign_folds(patients, code, self.folds, generator) for _ in range(self.repeats)])
        setting = CrossFit(design, code, weight, folds[0], len(arms), self.learners, self.seed, self.n_jobs, training)
        with threadpool_limits(1):
            return fit_propensities(
                setting,
                folds,
                clip=self.clip,
                maximum_clipped_share=self.maximum_clipped_share,
                overlap=(self.overlap_low, self.overlap_high),
                is_calibrated=self.is_calibrated,
            )

    def fit(
        self,
        X: pd.DataFrame | NDArray[Any] | Design,
        y: ArrayLike,
        arm: ArrayLike,
        *,
        patient: ArrayLike | None = None,
        practitioner: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        observation_X: pd.DataFrame | None = None,
        observation: FloatArray | None = None,
        propensity: PropensityFit | None = None,
    ) -> CrossFittedAIPW:
        """Fit all nuisances and store the scores.

        X: covariates known by time zero (missing values, booleans and text allowed), or an encoded `Design`.
        y: outcome, NaN where unknown; arm: label of each unit; patient: folds keep a patient together.
        practitioner: indicators in every nuisance model and the clusters of the intervals.
        observation_X: later columns that may explain who answered; outcomes are then weighted by 1/g when mu is
        fitted, because these columns are not in mu. observation: g (repeats, n, arms) where it is known already, of outcomes
        known of the same rows. propensity: a fit on the same rows, to share between outcomes.

        Raises ValueError when no outcome is known, there are fewer patients than folds, lengths differ, or the weights
        are negative, missing or all zero.
        """
        design = self._design(X, practitioner)
        outcome = outcomes_of(y, len(design.linear))
        is_observed = np.isfinite(outcome)
        if not is_observed.any():
            raise ValueError("no outcome is known: there is nothing to fit")
        code, self.arms_ = self._codes(arm)
        weight = weights_of(sample_weight, len(code))
        self.propensity_ = propensity or self.fit_propensity(design, arm, patient=patient, sample_weight=sample_weight)
        is_binary = self.is_binary if self.is_binary is not None else bool(np.isin(outcome[is_observed], (0, 1)).all())
        g_design = design
        if observation_X is not None and observation is None:
            g_design = joined(design, encode(observation_X, training=self.propensity_.training))
        n_arms = len(self.arms_)
        parts = []
        stacks = []
        with threadpool_limits(1):
            for repeat, fold in enumerate(self.propensity_.fold):
                seed = self.seed + 1000 * (repeat + 1)
                training = self.propensity_.training
                setting = CrossFit(design, code, weight, fold, n_arms, self.learners, seed, self.n_jobs, training)
                if observation is None:
                    g = cross_fit_observation(replace(setting, design=g_design), is_observed)
                else:
                    g = observation[repeat]
                if observation_X is not None:
                    own_g = np.maximum(g[np.arange(len(code)), code], self.clip)
                    setting = replace(setting, weight=weight / own_g)
                mu, stack = cross_fit_outcome(setting, outcome, is_binary)
                parts.append((mu, g))
                stacks.append(stack)
        self.arm_, self.is_observed_ = code, is_observed
        self._store(parts, stacks, outcome, code)
        self.practitioner_ = np.asarray(np.arange(len(code)) if practitioner is None else practitioner, dtype=object)
        self.weight_ = None if sample_weight is None else weight
        return self

    def arm_mean(self, arm: str, rows: BoolArray | None = None) -> Estimate:
        """Return the mean outcome of the target population (or its `rows`) had all been given `arm`."""
        return self._mean(self.psi_[:, :, self.arms_.index(arm)], rows)

    def contrast(self, treated: str, comparator: str, rows: BoolArray | None = None) -> Estimate:
        """Return the mean difference treated minus comparator over the target population (or its `rows`)."""
        first, second = self.arms_.index(treated), self.arms_.index(comparator)
        return self._mean(self.psi_[:, :, first] - self.psi_[:, :, second], rows)

    def _mean(self, scores: FloatArray, rows: BoolArray | None) -> Estimate:
        kept = self.target_ if rows is None else self.target_ & rows
        weight = None if self.weight_ is None else self.weight_[kept]
        return mean_over_repeats(scores[:, kept], self.practitioner_[kept], weight)

    def _design(self, X: pd.DataFrame | NDArray[Any] | Design, practitioner: ArrayLike | None) -> Design:
        if isinstance(X, Design):
            return X
        frame = as_frame(X)
        self._remember(frame)
        keys = None if practitioner is None else pd.Series(one_a_row(practitioner, len(frame), "practitioner"))
        return encode(frame, keys)

    def _codes(self, arm: ArrayLike) -> tuple[IntArray, list[str]]:
        labels = np.asarray(arm, dtype=object).astype(str)
        arms = sorted(set(labels)) if self.arms is None else list(self.arms)
        code_of = {name: code for code, name in enumerate(arms)}
        unknown = sorted(set(labels) - set(arms))
        if unknown:
            raise ValueError(f"arms {unknown} are not among {arms}")
        return np.array([code_of[label] for label in labels], dtype=np.int64), arms

    def _store(
        self, parts: list[tuple[FloatArray, FloatArray]], stacks: list[dict[str, float]], y: FloatArray, arm: IntArray
    ) -> None:
        n, n_arms = len(y), len(self.arms_)
        e = self.propensity_.e
        g = np.maximum(np.array([g for _, g in parts]), self.clip)
        mu = np.array([mu for mu, _ in parts])
        self.psi_ = np.array([aipw_scores(mu[r], e[r], g[r], y, arm) for r in range(len(parts))])
        self.target_ = self.propensity_.target
        repeats = len(parts)
        self.scores_ = pd.DataFrame(
            {
                "row": np.tile(np.repeat(np.arange(n), n_arms), repeats),
                "arm": np.tile(np.array(self.arms_, dtype=object), n * repeats),
                "repeat": np.repeat(np.arange(repeats), n * n_arms),
                "fold": np.repeat(self.propensity_.fold.ravel(), n_arms),
                "mu": mu.ravel(),
                "e": e.ravel(),
                "g": g.ravel(),
                "score": self.psi_.ravel(),
                "is_target": np.tile(np.repeat(self.target_, n_arms), repeats),
            }
        )
        own_g = g.mean(axis=0)[np.arange(n), arm]
        self.own_weights_ = self.propensity_.own_weights(arm) / own_g
        self.diagnostics_: dict[str, Any] = {
            "clipped_share": self.propensity_.clipped_share,
            "target": "all" if self.target_.all() else "overlap population",
            "target_share": float(self.target_.mean()),
            "observed_share": float(np.isfinite(y).mean()),
            "g_clipped_share": float((own_g <= self.clip).mean()),
            "propensity_stack": self.propensity_.stack,
            "outcome_stack": {name: float(np.mean([stack[name] for stack in stacks])) for name in stacks[0]},
        }
