"""Propensities of every repeat, the target population they leave, and their calibration."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.causal.calibration import calibrated_propensities
from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.nuisance import CrossFit, cross_fit_propensity
from pipelines.causal.overlap import overlap_mask


@dataclass(frozen=True)
class PropensityFit:
    """Propensities of every repeat, to be shared by the outcomes of one trial.

    `e` (repeats, n, arms): calibrated and clipped, what scores divide by. `modelled` (n, arms): the out-of-fold
    model's, mean over repeats, what overlap is judged by. `fold` (repeats, n). `target` (n,): the population the
    means are about. `training` (n,): weights of the rows that models learn from, None where all do.
    `clipped_share`: units with a modelled propensity below the clip. `stack`: learner -> weight.
    """

    e: FloatArray
    modelled: FloatArray
    fold: IntArray
    target: BoolArray
    clipped_share: float
    stack: dict[str, float]
    training: FloatArray | None = None

    def take(self, rows: BoolArray) -> PropensityFit:
        """Return the fit of these rows only."""
        return PropensityFit(
            self.e[:, rows],
            self.modelled[rows],
            self.fold[:, rows],
            self.target[rows],
            self.clipped_share,
            self.stack,
            None if self.training is None else self.training[rows],
        )

    def own_weights(self, arm: IntArray) -> FloatArray:
        """Return 1 / e of the arm each unit was in, e averaged over repeats."""
        return np.asarray(1 / self.e.mean(axis=0)[np.arange(len(arm)), arm], dtype=float)


def fit_propensities(
    setting: CrossFit,
    folds: IntArray,
    *,
    clip: float,
    maximum_clipped_share: float,
    overlap: tuple[float, float],
    is_calibrated: bool,
) -> PropensityFit:
    """Return the propensities for each row of `folds` (repeats, n).

    When more than `maximum_clipped_share` of the units have a modelled propensity under the clip, the target becomes
    the units whose propensities all lie in the `overlap` interval. Calibration is to the target's covariate means.
    """
    fits = [cross_fit_propensity(replace(setting, fold=fold)) for fold in folds]
    e = np.array([modelled for modelled, _ in fits])
    mean = e.mean(axis=0)
    clipped_share = float((mean < clip).any(axis=1).mean())
    target = np.ones(len(mean), dtype=bool)
    if clipped_share > maximum_clipped_share:
        target = overlap_mask(mean, *overlap)
    if is_calibrated and target.any():
        covariates, arm, weight = setting.design.balance[target], setting.arm[target], setting.weight[target]
        for one in e:
            one[target] = calibrated_propensities(one[target], covariates, arm, weight)
    stack = {name: float(np.mean([shares[name] for _, shares in fits])) for name in setting.learners}
    return PropensityFit(np.maximum(e, clip), mean, folds, target, clipped_share, stack, setting.training)
