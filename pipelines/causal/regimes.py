"""Values of regimes of several stages: what the mean outcome had been, had everybody been treated by a rule.

Sequentially doubly robust: Bang and Robins (2005), Luedtke, Sofrygin, van der Laan and Carone (2017). With H_k what was
known at decision k, A_k what was done, a rule d = (d_1, .., d_K), R = 1 where the outcome is known and g its probability:

    q_K = m_K(H_K, d_K) + 1(A_K = d_K) R / (e_K g) (Y - m_K(H_K, d_K)),      m_K = E[Y | H_K, A_K, R = 1]
    q_k = m_k(H_k, d_k) + 1(A_k = d_k) / e_k (q_k+1 - m_k(H_k, d_k)),        m_k = E[q_k+1 | H_k, A_k]

and q_k = q_k+1 for who had no decision k (at the last stage: e_K = 1 and A_K = d_K). The mean of q_1 is right when, at each
stage, the outcome model or the probabilities are, and what decided a treatment is in the history. Who did something else
than the rule at a stage is replaced by those alike at that stage who followed it: nobody is dropped, and nothing that came
after the stage is looked at. Each e_k is calibrated to the covariates learnt by then (`calibration`). Each model predicts out
of fold by patient; the m_k+1 behind a q_k+1 that m_k learns from may have seen m_k's own fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from pipelines.causal.calibration import calibrated_propensities, standardised_among
from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.folds import assign_folds
from pipelines.causal.inference import Estimate, mean_over_repeats
from pipelines.causal.nuisance import (
    LEARNERS,
    CrossFit,
    cross_fit_observation,
    cross_fit_outcome,
    cross_fit_propensity,
    one_arm_a_row,
)
from pipelines.causal.regime_scores import FittedDraw, arms_asked, followers, regime_scores
from pipelines.causal.stages import (
    Decision,
    Regime,
    Stage,
    StagePropensities,
    decisions_of,
    prescribed_codes,
    without_later_balance,
)


class RegimeValues(BaseEstimator):  # type: ignore[misc]
    """Values of regimes and their differences, with intervals clustered by practitioner.

    Parameters are those of `CrossFittedAIPW`. After `fit`: `psi_` (regime -> (repeats, n) scores) and `followers_`, a row a
    regime: n_followers (units that did what it says), n_observed of them, effective_n of their weights, clipped_share and
    largest_imbalance (their weighted mean of a covariate known at the first stage from everybody's, in its spreads).
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
        n_jobs: int | None = None,
    ) -> None:
        self.learners = learners
        self.folds = folds
        self.repeats = repeats
        self.seed = seed
        self.clip = clip
        self.is_binary = is_binary
        self.n_jobs = n_jobs

    def fit_propensities(
        self,
        stages: Sequence[Stage],
        *,
        patient: ArrayLike | None = None,
        practitioner: ArrayLike | None = None,
        training: FloatArray | None = None,
    ) -> StagePropensities:
        """Return the propensities of every stage and draw of folds, without looking at an outcome; stages as for `fit`.

        training (n,): weights of the rows that models learn from, see `training_sample`; None: all rows.
        """
        decisions = self._decisions(stages, practitioner, training)
        first = decisions[0]
        n = len(first.arm)
        patients = np.asarray(np.arange(n) if patient is None else patient, dtype=object)
        generator = np.random.default_rng(self.seed)
        folds = np.array([assign_folds(patients, first.arm, self.folds, generator) for _ in range(self.repeats)])
        with threadpool_limits(1):
            e = tuple(
                tuple(
                    self._propensities(decision, self._setting(decisions, fold, draw, training))
                    for decision in decisions
                )
                for draw, fold in enumerate(folds)
            )
        arms = tuple(decision.arms for decision in decisions)
        shared = () if training is None else without_later_balance(decisions)
        return StagePropensities(arms, folds, e, training, shared)

    def fit(
        self,
        stages: Sequence[Stage],
        y: ArrayLike,
        regimes: Mapping[str, Regime],
        *,
        patient: ArrayLike | None = None,
        practitioner: ArrayLike | None = None,
        propensities: StagePropensities | None = None,
    ) -> RegimeValues:
        """Fit the nuisances of every stage and the scores of every regime.

        stages: in order of time, rows are units; y (n,): outcome, NaN where unknown. Where a unit had no decision (not
        seen any more, or treated already) every regime leaves it as it was. propensities: fitted on the same rows.

        Raises ValueError when no outcome is known, lengths differ, an arm is missing, or a regime names one nobody had.
        """
        outcome = np.asarray(y, dtype=float)
        n = len(outcome)
        if len({n, *(len(stage.known) for stage in stages), *(np.size(stage.arm) for stage in stages)}) > 1:
            raise ValueError("every stage and y must be as many rows")
        is_observed = np.isfinite(outcome)
        if not is_observed.any():
            raise ValueError("no outcome is known: there is nothing to fit")
        self.practitioner_ = np.asarray(np.arange(n) if practitioner is None else practitioner, dtype=object)
        decisions = (propensities and [*propensities.decisions]) or self._decisions(stages, practitioner)
        rules = {name: prescribed_codes(name, regime, decisions) for name, regime in regimes.items()}
        shared = propensities or self.fit_propensities(stages, patient=patient, practitioner=practitioner)
        psi: dict[str, list[FloatArray]] = {name: [] for name in rules}
        fits: list[FittedDraw] = []
        looks_binary = bool(np.isin(outcome[is_observed], (0, 1)).all())
        is_binary = looks_binary if self.is_binary is None else self.is_binary
        with threadpool_limits(1):
            for draw, fold in enumerate(shared.fold):
                setting = self._setting(decisions, fold, draw, shared.training)
                own = one_arm_a_row(setting.arm, setting.n_arms)
                g = np.maximum(cross_fit_observation(setting, is_observed, own), self.clip)
                asked = arms_asked([rule[-1] for rule in rules.values()], setting.n_arms)
                m, _ = cross_fit_outcome(setting, outcome, is_binary, is_lean=True, asked=asked)
                fits.append(FittedDraw(shared.of(draw, decisions), g, m))
                for name, scores in regime_scores(setting, decisions, fits[-1], rules, outcome).items():
                    psi[name].append(scores)
        self.psi_ = {name: np.array(scores) for name, scores in psi.items()}
        self.followers_ = followers(decisions, rules, fits, is_observed, self.clip)
        return self

    def value(self, regime: str, rows: BoolArray | None = None) -> Estimate:
        """Return the mean outcome had everybody (or the `rows`) been treated by the regime."""
        return self._mean(self.psi_[regime], rows)

    def contrast(self, regime: str, comparator: str, rows: BoolArray | None = None) -> Estimate:
        """Return the difference of two regimes' values, `regime` minus `comparator`."""
        return self._mean(self.psi_[regime] - self.psi_[comparator], rows)

    def _mean(self, scores: FloatArray, rows: BoolArray | None) -> Estimate:
        kept = np.ones(scores.shape[1], dtype=bool) if rows is None else rows
        return mean_over_repeats(scores[:, kept], self.practitioner_[kept])

    def _decisions(
        self, stages: Sequence[Stage], practitioner: ArrayLike | None, training: FloatArray | None = None
    ) -> list[Decision]:
        keys = None if practitioner is None else pd.Series(np.asarray(practitioner, dtype=object))
        return decisions_of(stages, keys, training)

    def _setting(
        self, decisions: Sequence[Decision], fold: IntArray, draw: int, training: FloatArray | None
    ) -> CrossFit:
        last, learners, weight = decisions[-1], tuple(self.learners), np.ones(len(fold))
        seed, n_arms = self.seed + 1000 * (draw + 1), last.n_arms + 1
        return CrossFit(last.history, last.arm, weight, fold, n_arms, learners, seed, self.n_jobs, training)

    def _propensities(self, decision: Decision, setting: CrossFit) -> FloatArray:
        probabilities = np.ones((len(decision.arm), decision.n_arms + 1))
        if decision.n_arms > 1:
            narrowed = decision.narrowed(setting)
            modelled, _ = cross_fit_propensity(narrowed)
            probabilities[decision.decided, :-1] = calibrated_propensities(
                modelled, standardised_among(narrowed.design.balance), narrowed.arm, narrowed.weight
            )
        return np.maximum(probabilities, self.clip)
