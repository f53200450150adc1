"""Individual expected gains: a stack of effect models with the constant effect among them, out of fold.

Every published comparison warns that an estimated individual effect is more often worse than the average effect than
better (Yu and Sun 2025, arXiv 2410.07021), so the average is a candidate and keeps the weight that nothing else earns.
There is no interval per person here: intervals belong to averages, groups and linear projections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from pipelines.causal.arguments import TellsItsColumns, as_frame, one_a_row, outcomes_of, weights_of
from pipelines.causal.encoding import Encoding, learn_encoding
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, encode
from pipelines.causal.folds import assign_folds
from pipelines.causal.gain_draws import Draw, fit_draw, with_open_practitioner
from pipelines.causal.leave_two_out import OUTCOME_CANDIDATES
from pipelines.causal.nuisance import CrossFit
from pipelines.causal.outcome_candidates import ROWS_READ_AT_A_TIME
from pipelines.causal.parallel import one_after_another

LEARNERS = ("linear", "kernel")
Contrast = tuple[str, str]


@dataclass(frozen=True)
class _Everybody:
    """All rows (n,) in the order of their keys: patient, arm in codes, who teaches; `others`: covariates of those who do not."""

    patient: NDArray[np.object_]
    arm: IntArray
    teaches: BoolArray
    others: pd.DataFrame


class StackedDRLearner(TellsItsColumns, BaseEstimator):  # type: ignore[misc]
    """Expected gain of each person under one arm instead of another (DR-learner, Kennedy 2023; see gain_candidates).

    Parameters
    ----------
    arms: the arms in order; default: those found, sorted.
    reference: the arm every other is compared with, best the usual care: its prognosis is everybody's; default: the first.
    contrasts: (treated, comparator) pairs instead of every arm against the reference; each has a stack of its own.
    learners: 'linear', and any of 'kernel' and 'boosting': outcome models whose differences are candidates. Boosting pays from
        some thousand people on.
    folds: at least 3: nuisances leave out two at a time. repeats: fold draws, of which the median gain is taken.
    seed: of folds and learners; the same data and seed give the same bytes.
    clip: least propensity and probability of a known outcome that is divided by.
    is_binary: None finds out whether all known outcomes are 0 or 1; gains then lie in -1 to 1.
    n_jobs: pairs of folds fitted at a time, in processes; it changes no number. None is 1, -1 as many as there are cores.

    After `fit`: `arms_`, `contrasts_`, `gains_` (n, contrasts), in units of the outcome, out of fold: no model, nuisance
    or weight behind a gain saw an outcome of that person's fold. `weights_`: contrast -> candidate -> weight, mean over
    folds and repeats, summing to 1. `folds_` (repeats, n), `draw_gains_` (repeats, n, contrasts): each draw's own.
    `n_features_in_`, `feature_names_in_`.
    """

    def __init__(
        self,
        *,
        arms: Sequence[str] | None = None,
        reference: str | None = None,
        contrasts: Sequence[Contrast] | None = None,
        learners: Sequence[str] = LEARNERS,
        folds: int = 5,
        repeats: int = 3,
        seed: int = 0,
        clip: float = 0.01,
        is_binary: bool | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.arms = arms
        self.reference = reference
        self.contrasts = contrasts
        self.learners = learners
        self.folds = folds
        self.repeats = repeats
        self.seed = seed
        self.clip = clip
        self.is_binary = is_binary
        self.n_jobs = n_jobs

    def fit(
        self,
        X: pd.DataFrame | NDArray[Any],
        treatment: ArrayLike,
        outcome: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        practitioner: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        observation_X: pd.DataFrame | None = None,
        training: FloatArray | None = None,
    ) -> StackedDRLearner:
        """Fit all stacks and store the out-of-fold gains.

        X: covariates known by time zero (n rows; missing values, booleans and text allowed). treatment: arm label of
        each row. outcome: larger is better, NaN where unknown. groups: rows of one group (a patient) share a fold; with
        groups the order of rows does not matter. practitioner: indicators in every nuisance; a gain is that of an
        average practitioner. sample_weight: not negative. observation_X: later columns that may explain who answered, never
        the gain. training (n,): weights of the rows that everything is learned from, 0 for the others (see `training_sample`);
        these have a fold as all have, and their gains are those of the models that saw nobody of it. None: all rows.

        Raises ValueError when the lengths differ, there are fewer than two arms or an unknown one, under 3 folds, fewer
        known outcomes of an arm than folds, fewer groups than folds, or the weights are negative, missing or all zero.
        """
        frame = as_frame(X)
        self._remember(frame)
        n = len(frame)
        labels, weight = _labels(treatment, n), weights_of(sample_weight, n)
        y = outcomes_of(outcome, n)
        keys = np.arange(n).astype(object) if groups is None else one_a_row(groups, n, "groups").astype(str)
        self.arms_ = sorted(set(labels)) if self.arms is None else list(self.arms)
        self._check(labels, y)
        self.contrasts_ = self._pairs()
        self.is_binary_ = bool(np.isin(y[np.isfinite(y)], (0, 1)).all()) if self.is_binary is None else self.is_binary
        order = np.argsort(keys, kind="stable")
        teaches = np.ones(n, dtype=bool) if training is None else training[order] > 0
        taught = order[teaches]
        known = frame.iloc[taught].reset_index(drop=True)
        by = None if practitioner is None else pd.Series(one_a_row(practitioner, n, "practitioner")[taught])
        design = encode(known, by).without_balance()
        code_of = self._codes()
        arm = np.array([code_of[label] for label in labels[order]], dtype=np.int64)
        weights = (weight if training is None else weight * training)[taught]
        n_arms, own = len(self.arms_), arm[teaches]
        setting = CrossFit(design, own, weights, own, n_arms, self.learners, self.seed, self.n_jobs)
        self.encoding_ = learn_encoding(known)
        self.template_ = design.take(np.zeros(0, dtype=np.intp))
        later = None if observation_X is None else encode(observation_X.iloc[taught].reset_index(drop=True))
        others = frame.iloc[order[~teaches]].reset_index(drop=True)
        everybody = _Everybody(keys[order].astype(object), arm, teaches, others)
        with threadpool_limits(1):
            draws, folds = self._fit_draws(setting, self.encoding_.apply(known), y[taught], everybody, later)
        back = np.argsort(order, kind="stable")
        self.draw_gains_, self.folds_ = draws[:, back], folds[:, back]
        self.gains_ = self._aggregated(self.draw_gains_)
        self.weights_ = self._mean_weights()
        return self

    def predict(self, X: pd.DataFrame | NDArray[Any]) -> FloatArray:
        """Return the expected gains (n_new, contrasts) of people who were not fitted on, in units of the outcome.

        The mean over folds of what each fold's stack says, for an average practitioner; of a person who was fitted on
        it is no out-of-fold gain: read `gains_`. Raises ValueError when a covariate is absent or of another kind, and
        scikit-learn's NotFittedError before `fit`.
        """
        check_is_fitted(self, "gains_")
        frame = as_frame(X)
        self._check_columns(X, frame)
        people = self.encoding_.apply(frame)
        with threadpool_limits(1):
            open_practitioner = with_open_practitioner(people, self.template_)
            return self._aggregated(np.array([draw.read(people, open_practitioner) for draw in self.draws_]))

    def _fit_draws(
        self, setting: CrossFit, people: Design, y: FloatArray, everybody: _Everybody, later: Design | None
    ) -> tuple[FloatArray, IntArray]:
        code_of = self._codes()
        codes = [(code_of[treated], code_of[comparator]) for treated, comparator in self.contrasts_]
        generator = np.random.default_rng(self.seed)
        self.draws_: list[Draw] = []
        gains, folds = [], []
        for repeat in range(self.repeats):
            folds.append(assign_folds(everybody.patient, everybody.arm, self.folds, generator))
            drawn = replace(setting, fold=folds[-1][everybody.teaches], seed=self.seed + 1000 * (repeat + 1))
            draw, own = fit_draw(drawn, people, y, codes, later, is_binary=self.is_binary_, clip=self.clip)
            self.draws_.append(draw)
            gains.append(np.empty((len(folds[-1]), len(codes))))
            gains[-1][everybody.teaches] = own
            if len(everybody.others):
                gains[-1][~everybody.teaches] = self._read_others(draw, everybody.others, folds[-1][~everybody.teaches])
        return np.array(gains), np.array(folds)

    def _read_others(self, draw: Draw, people: pd.DataFrame, fold: IntArray) -> FloatArray:
        """Return the gains (n, contrasts) of people who taught nothing, each by the models without the own fold."""
        said = np.empty((len(people), len(self.contrasts_)))
        pieces = [
            (k, rows[start : start + ROWS_READ_AT_A_TIME])
            for k, rows in ((k, np.flatnonzero(fold == k)) for k in sorted(set(fold.tolist())))
            for start in range(0, len(rows), ROWS_READ_AT_A_TIME)
        ]
        read = partial(_read_piece, draw, self.encoding_, self.template_)
        prepared = partial(_piece_of, people)
        for (_, rows), gains in zip(pieces, one_after_another(read, pieces, self.n_jobs, prepared), strict=True):
            said[rows] = gains
        return said

    def _aggregated(self, gains: FloatArray) -> FloatArray:
        middle = np.asarray(np.median(gains, axis=0), dtype=float)
        return np.clip(middle, -1.0, 1.0) if self.is_binary_ else middle

    def _mean_weights(self) -> dict[Contrast, dict[str, float]]:
        stacks = [of_fold for draw in self.draws_ for of_fold in draw.stacks.values()]
        return {
            contrast: {name: float(np.mean([of[c].weights[name] for of in stacks])) for name in stacks[0][c].weights}
            for c, contrast in enumerate(self.contrasts_)
        }

    def _codes(self) -> dict[str, int]:
        """Return the code of each arm: 0 is the reference, whose prognosis `pooled` takes for everybody's."""
        reference = self.arms_[0] if self.reference is None else self.reference
        return {arm: code for code, arm in enumerate([reference, *(arm for arm in self.arms_ if arm != reference)])}

    def _pairs(self) -> list[Contrast]:
        reference = self.arms_[0] if self.reference is None else self.reference
        pairs = [(arm, reference) for arm in self.arms_ if arm != reference]
        wanted = pairs if self.contrasts is None else [tuple(pair) for pair in self.contrasts]
        unknown = sorted({arm for pair in [*wanted, (reference, reference)] for arm in pair} - set(self.arms_))
        if unknown:
            raise ValueError(f"arms {unknown} are not among {self.arms_}")
        if not wanted or any(len(pair) != 2 or pair[0] == pair[1] for pair in wanted):
            raise ValueError(f"contrasts must be pairs of two different arms, found {wanted}")
        return [(treated, comparator) for treated, comparator in wanted]

    def _check(self, labels: NDArray[np.object_], y: FloatArray) -> None:
        if self.folds < 3 or self.repeats < 1:
            raise ValueError(f"folds must be at least 3 and repeats at least 1, found {self.folds} and {self.repeats}")
        if "linear" not in self.learners or set(self.learners) - set(OUTCOME_CANDIDATES):
            raise ValueError(
                f"learners must be of {tuple(OUTCOME_CANDIDATES)} with 'linear', found {tuple(self.learners)}"
            )
        if len(self.arms_) < 2:
            raise ValueError(f"a gain compares arms: at least two are needed, found {self.arms_}")
        strange = sorted(set(labels) - set(self.arms_))
        if strange:
            raise ValueError(f"arms {strange} are not among {self.arms_}")
        for arm in self.arms_:
            n_known = int(np.isfinite(y[labels == arm]).sum())
            if n_known < self.folds:
                raise ValueError(f"arm {arm!r} has {n_known} known outcomes; {self.folds} folds need {self.folds}")


def _piece_of(people: pd.DataFrame, piece: tuple[int, IntArray]) -> tuple[int, pd.DataFrame]:
    fold, rows = piece
    return fold, people.iloc[rows].reset_index(drop=True)


def _read_piece(draw: Draw, encoding: Encoding, template: Design, piece: tuple[int, pd.DataFrame]) -> FloatArray:
    fold, frame = piece
    people = encoding.apply(frame)
    return draw.read_of_fold(fold, people, with_open_practitioner(people, template))


def _labels(treatment: ArrayLike, n: int) -> NDArray[np.object_]:
    labels = one_a_row(treatment, n, "treatment")
    if pd.isna(labels).any():
        raise ValueError("treatment is missing for some rows: leave them out")
    return labels.astype(str).astype(object)
