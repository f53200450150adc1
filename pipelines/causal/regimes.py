"""Values of regimes of two stages: what the mean outcome had been, had everybody been treated by a rule.

Sequentially doubly robust: Bang and Robins (2005), Luedtke, Sofrygin, van der Laan and Carone (2017). With history H1 = X,
H2 = (X, A1, later X), a rule d = (d1, d2), R = 1 where the outcome is known and g its probability:

    q2  = m2(H2, d2) + 1(A2 = d2) R / (e2 g) (Y - m2(H2, d2))
    psi = m1(H1, d1) + 1(A1 = d1) / e1 (q2 - m1(H1, d1)),     m1 = E[q2 | H1, A1],  m2 = E[Y | H2, A2, R = 1]

The mean of psi is right when, at each stage, the outcome model or the probabilities are, and what decided a treatment is in
the history. Each is predicted out of fold by patient; the m2 behind a q2 that m1 learns from may have seen m1's own fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from pipelines.causal.arguments import TellsItsColumns, as_frame, texts_of, weights_of
from pipelines.causal.features import BoolArray, Design, FloatArray, IntArray, encode, joined
from pipelines.causal.folds import assign_folds
from pipelines.causal.inference import Estimate, mean_over_repeats
from pipelines.causal.nuisance import (
    LEARNERS,
    CrossFit,
    cross_fit_observation,
    cross_fit_outcome,
    cross_fit_propensity,
    with_arm,
)
from pipelines.causal.overlap import effective_n


@dataclass(frozen=True, slots=True)
class Regime:
    """A rule: the arm at either stage, one for all or one a unit (n,); the second counts where there was a decision to take."""

    first: ArrayLike
    second: ArrayLike


@dataclass(frozen=True)
class _Course:
    """What happened: codes of both stages' arms, who had a second decision, and the outcome (NaN where unknown)."""

    first: IntArray
    second: IntArray
    decided: BoolArray
    y: FloatArray
    n_second: int

    def path(self, second: IntArray) -> IntArray:
        """The code of (own first arm, this second arm)."""
        return self.first * self.n_second + second


@dataclass(frozen=True)
class _Nuisances:
    """Out-of-fold e1 (n, first arms), e2 (n, second arms), g and m2 (n, paths) of one repeat; e and g at least `clip`."""

    e1: FloatArray
    e2: FloatArray
    g: FloatArray
    m2: FloatArray


class RegimeValues(TellsItsColumns, BaseEstimator):  # type: ignore[misc]
    """Values of two-stage regimes and their differences, with intervals clustered by practitioner.

    Parameters are those of `CrossFittedAIPW`. After `fit`: `psi_` (regime -> (repeats, n) scores) and `followers_`, a row a
    regime: n_followers (units that did what it says), n_observed of them, effective_n of their weights, clipped_share.
    """

    def __init__(
        self,
        *,
        learners: Sequence[str] = LEARNERS,
        folds: int = 5,
        repeats: int = 3,
        seed: int = 0,
        clip: float = 0.01,
        is_binary: bool | None = None,
    ) -> None:
        self.learners = learners
        self.folds = folds
        self.repeats = repeats
        self.seed = seed
        self.clip = clip
        self.is_binary = is_binary

    def fit(
        self,
        X: pd.DataFrame | NDArray[Any],
        first_arm: ArrayLike,
        later_X: pd.DataFrame | NDArray[Any],
        second_arm: ArrayLike,
        y: ArrayLike,
        regimes: Mapping[str, Regime],
        *,
        has_second_decision: ArrayLike | None = None,
        patient: ArrayLike | None = None,
        practitioner: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> RegimeValues:
        """Fit the nuisances of both stages and the scores of every regime.

        X (n, p): known at time zero; first_arm (n,): labels; later_X (n, q): known at the second decision, missing where the
        unit was not seen; second_arm (n,): labels; y (n,): outcome, NaN where unknown. has_second_decision (n,): false where
        nothing could be decided (not seen any more, or treated already): there every regime leaves `second_arm` as it was.

        Raises ValueError when no outcome is known, lengths differ, an arm is missing, or a regime names one nobody had.
        """
        outcome = np.asarray(y, dtype=float)
        n = len(outcome)
        if len({len(X), len(later_X), np.size(first_arm), np.size(second_arm), n}) > 1:
            raise ValueError("X, later_X, both arms and y must be as many rows")
        if not np.isfinite(outcome).any():
            raise ValueError("no outcome is known: there is nothing to fit")
        first, first_arms = _codes(first_arm, n)
        second, second_arms = _codes(second_arm, n)
        rules = {name: _as_codes(name, regime, first_arms, second_arms, n) for name, regime in regimes.items()}
        decided = np.ones(n, dtype=bool) if has_second_decision is None else np.asarray(has_second_decision, dtype=bool)
        course = _Course(first, second, decided, outcome, len(second_arms))
        patients = np.asarray(np.arange(n) if patient is None else patient, dtype=object)
        self.practitioner_ = np.asarray(np.arange(n) if practitioner is None else practitioner, dtype=object)
        weight = weights_of(sample_weight, n)
        self.weight_ = None if sample_weight is None else weight
        keys = None if practitioner is None else pd.Series(self.practitioner_)
        baseline = as_frame(X)
        self._remember(baseline)
        early = encode(baseline, keys)
        late = joined(with_arm(early, first, len(first_arms)), encode(as_frame(later_X)))
        generator = np.random.default_rng(self.seed)
        psi: dict[str, list[FloatArray]] = {name: [] for name in rules}
        fits: list[_Nuisances] = []
        with threadpool_limits(1):
            for repeat in range(self.repeats):
                fold = assign_folds(patients, first, self.folds, generator)
                seed = self.seed + 1000 * (repeat + 1)
                setting = CrossFit(early, first, weight, fold, len(first_arms), self.learners, seed)
                fits.append(self._nuisances(setting, late, course))
                for name, scores in self._scores(setting, course, fits[-1], rules).items():
                    psi[name].append(scores)
        self.psi_ = {name: np.array(scores) for name, scores in psi.items()}
        self.followers_ = _followers(course, rules, fits, self.clip)
        return self

    def value(self, regime: str, rows: BoolArray | None = None) -> Estimate:
        """Return the mean outcome had everybody (or the `rows`) been treated by the regime."""
        return self._mean(self.psi_[regime], rows)

    def contrast(self, regime: str, comparator: str, rows: BoolArray | None = None) -> Estimate:
        """Return the difference of two regimes' values, `regime` minus `comparator`."""
        return self._mean(self.psi_[regime] - self.psi_[comparator], rows)

    def _mean(self, scores: FloatArray, rows: BoolArray | None) -> Estimate:
        kept = np.ones(scores.shape[1], dtype=bool) if rows is None else rows
        weight = None if self.weight_ is None else self.weight_[kept]
        return mean_over_repeats(scores[:, kept], self.practitioner_[kept], weight)

    def _nuisances(self, setting: CrossFit, late: Design, course: _Course) -> _Nuisances:
        decided = course.decided
        e1, _ = cross_fit_propensity(setting)
        e2 = np.ones((len(course.y), course.n_second))
        if decided.any() and course.n_second > 1:
            e2[decided], _ = cross_fit_propensity(
                replace(
                    setting,
                    design=late.take(decided),
                    arm=course.second[decided],
                    weight=setting.weight[decided],
                    fold=setting.fold[decided],
                    n_arms=course.n_second,
                )
            )
        by_path = replace(setting, design=late, arm=course.path(course.second), n_arms=setting.n_arms * course.n_second)
        is_observed = np.isfinite(course.y)
        looks_binary = bool(np.isin(course.y[is_observed], (0, 1)).all())
        g = cross_fit_observation(by_path, is_observed)
        m2, _ = cross_fit_outcome(by_path, course.y, looks_binary if self.is_binary is None else self.is_binary)
        return _Nuisances(np.maximum(e1, self.clip), np.maximum(e2, self.clip), np.maximum(g, self.clip), m2)

    def _scores(
        self, setting: CrossFit, course: _Course, fitted: _Nuisances, rules: Mapping[str, tuple[IntArray, IntArray]]
    ) -> dict[str, FloatArray]:
        rows = np.arange(len(course.y))
        later: dict[bytes, tuple[FloatArray, FloatArray]] = {}
        scores = {}
        for name, (first, wanted) in rules.items():
            second = np.where(course.decided, wanted, course.second)
            if second.tobytes() not in later:
                q2 = _pseudo_outcome(course, fitted, second)
                later[second.tobytes()] = q2, cross_fit_outcome(setting, q2, is_binary=False)[0]
            q2, m1 = later[second.tobytes()]
            expected = m1[rows, first]
            scores[name] = expected + (course.first == first) / fitted.e1[rows, first] * (q2 - expected)
        return scores


def _pseudo_outcome(course: _Course, fitted: _Nuisances, second: IntArray) -> FloatArray:
    rows, path = np.arange(len(course.y)), course.path(second)
    q2 = fitted.m2[rows, path].copy()
    told = np.flatnonzero((course.second == second) & np.isfinite(course.y))
    probability = fitted.e2[told, second[told]] * fitted.g[told, path[told]]
    q2[told] += (course.y[told] - q2[told]) / probability
    return q2


def _followers(
    course: _Course, rules: Mapping[str, tuple[IntArray, IntArray]], fits: Sequence[_Nuisances], clip: float
) -> pd.DataFrame:
    rows = np.arange(len(course.y))
    e1, e2, g = (np.mean([getattr(fit, name) for fit in fits], axis=0) for name in ("e1", "e2", "g"))
    table = []
    for name, (first, wanted) in rules.items():
        second = np.where(course.decided, wanted, course.second)
        follows = (course.first == first) & (course.second == second)
        told = follows & np.isfinite(course.y)
        chosen = e1[rows, first], np.where(course.decided, e2[rows, second], 1.0), g[rows, course.path(second)]
        weights = 1 / (chosen[0] * chosen[1] * chosen[2])[told]
        clipped = (chosen[0] <= clip) | (chosen[1] <= clip)
        table.append((name, int(follows.sum()), int(told.sum()), effective_n(weights), float(clipped.mean())))
    columns = ["regime", "n_followers", "n_observed", "effective_n", "clipped_share"]
    return pd.DataFrame(table, columns=columns)


def _codes(labels: ArrayLike, n: int) -> tuple[IntArray, list[str]]:
    if pd.isna(np.asarray(labels, dtype=object)).any():
        raise ValueError("an arm is missing for some rows: leave them out")
    values = texts_of(labels, n)
    arms = np.unique(values)
    return np.searchsorted(arms, values).astype(np.int64), arms.tolist()


def _as_codes(
    name: str, regime: Regime, first_arms: list[str], second_arms: list[str], n: int
) -> tuple[IntArray, IntArray]:
    codes = []
    for stage, labels, arms in (("first", regime.first, first_arms), ("second", regime.second, second_arms)):
        values = texts_of(labels, n)
        if unknown := sorted(set(values.tolist()) - set(arms)):
            raise ValueError(f"regime {name}: nobody had {unknown} at the {stage} stage; there were {arms}")
        codes.append(np.searchsorted(np.array(arms), values).astype(np.int64))
    return codes[0], codes[1]
