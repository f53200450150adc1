"""How far an effect can move when a factor of a given strength was left out: bounds, robustness values, contours.

Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis, 'Long story short: omitted variable bias in causal machine learning' (NBER
working paper 30302, 2022; Rev Econ Stat 2026). Of an effect E m(W, g), g the outcome's regression, alpha its Riesz representer,

    |bias| <= |rho| S C,   S^2 = sigma^2 nu^2,   C^2 = c_y c_d / (1 - c_d)

sigma^2 = E (Y - g)^2 and nu^2 = E alpha^2. c_y is the share of the outcome's remaining variance
that the factor explains, c_d the share of the variance of alpha with it that alpha without it lacks; c_d / (1 - c_d) is the gain
in alpha's variance. rho = 1 is the worst case, which is the one shown.

Here alpha = 1(arm) 1(known) / (e g) of the treated less the same of the comparator. It is 0 for all others, so both expectations
are over the episodes of the pair whose outcome is known (the others count as 0); with two arms and every outcome known this is
the paper's average effect. nu^2 is that of the weights which the estimate really uses: they are tilted until the arms are alike
(`causal.calibration`), and E [2 m(W, alpha) - alpha^2], which is the same for the true alpha, would judge them by the tilt of
episodes that were in the other arm. Intervals of a bound come from its own influence function (section 4 of the paper),
clustered by practitioner as every effect is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.optimize import brentq

from pipelines.causal.features import FloatArray, IntArray
from pipelines.causal.inference import Estimate, median_of_repeats
from pipelines.causal.protocol import Pair
from pipelines.robustness.scored import ScoredOutcome, mean_of_codes

LARGEST_STRENGTH = 0.999


@dataclass(frozen=True)
class ShortModel:
    """What the bounds of one contrast need, a row a repeat: its `scores`, `squares` = (y - g)^2 and `riesz` = alpha^2 of
    the pair's known outcomes (all (repeats, n)), and the clusters `practitioner` (n,)."""

    scores: FloatArray
    squares: FloatArray
    riesz: FloatArray
    practitioner: IntArray

    @property
    def sigma_squared(self) -> float:
        """Return E (Y - g)^2 over the pair's known outcomes, the median over repeats."""
        return float(np.median(self.squares.mean(axis=1)))

    @property
    def nu_squared(self) -> float:
        """Return E alpha^2, the median over repeats."""
        return float(np.median(self.riesz.mean(axis=1)))

    @property
    def is_usable(self) -> bool:
        """Return whether both variances are above 0 in every repeat."""
        return bool((self.squares.mean(axis=1) > 0).all() and (self.riesz.mean(axis=1) > 0).all())

    def shifted(self, factor: float) -> Estimate:
        """Return the effect moved by `factor` times S, with its interval; factor 0 gives the effect itself."""
        return median_of_repeats([mean_of_codes(scores, self.practitioner) for scores in self._moved(factor)])

    def _moved(self, factor: float) -> FloatArray:
        sigma, nu = self.squares.mean(axis=1, keepdims=True), self.riesz.mean(axis=1, keepdims=True)
        s = np.sqrt(sigma * nu)
        influence = (sigma * (self.riesz - nu) + nu * (self.squares - sigma)) / (2 * s)
        return np.asarray(self.scores + factor * (s + influence), dtype=float)


def short_model(scored: ScoredOutcome, pair: Pair) -> ShortModel:
    """Return what the stored scores say of a contrast."""
    return short_model_of(
        scores=scored.contrast(pair),
        mu=scored.mu,
        weight=1 / (scored.e * scored.g),
        y=scored.y,
        arm=scored.arm,
        codes=scored.codes(pair),
        practitioner=scored.practitioner,
    )


def short_model_of(
    *,
    scores: FloatArray,
    mu: FloatArray,
    weight: FloatArray,
    y: FloatArray,
    arm: IntArray,
    codes: tuple[int, int],
    practitioner: IntArray,
    is_out_of_fold: bool = False,
) -> ShortModel:
    """Return the parts of a contrast's bounds; mu and weight = 1 / (e g) are (repeats, n, arms), scores (repeats, n).

    `is_out_of_fold`: alpha is a model's, not calibrated, and is judged by 2 m(W, alpha) - alpha^2, whose mean a model that fits
    noise makes smaller, not larger.
    """
    own = np.arange(len(arm))
    used = np.isfinite(y) & np.isin(arm, codes)
    squares = np.where(used, (np.where(used, y, 0.0) - mu[:, own, arm]) ** 2, 0.0)
    riesz = np.where(used, weight[:, own, arm] ** 2, 0.0)
    if is_out_of_fold:
        riesz = 2 * weight[:, :, list(codes)].sum(axis=2) - riesz
    return ShortModel(scores, squares, riesz, practitioner)


def strength(outcome_r2: float, treatment_r2: float) -> float:
    """Return C of a factor with c_y = outcome_r2 and c_d = treatment_r2; infinite when c_d is 1."""
    return sqrt(outcome_r2 * treatment_r2 / (1 - treatment_r2)) if treatment_r2 < 1 else float("inf")


def bounds(model: ShortModel, factor: float) -> tuple[Estimate, Estimate]:
    """Return the least and the largest effect that a factor of strength C = `factor` is consistent with, with intervals."""
    return model.shifted(-factor), model.shifted(factor)


def robustness_value(model: ShortModel, *, of_limit: bool) -> float:
    """Return the least c_y = c_d with which a factor could bring the effect, or its interval's nearer limit, to none.

    0 when the interval already holds none (of_limit), and 1 when no strength would do.
    """
    towards = -np.sign(model.shifted(0.0).estimate)

    def left(share: float) -> float:
        moved = model.shifted(float(towards) * strength(share, share))
        lower, upper = moved.interval()
        nearest = (lower if towards < 0 else upper) if of_limit else moved.estimate
        return float(-towards * nearest)

    if towards == 0 or not left(0.0) > 0:
        return 0.0
    if left(LARGEST_STRENGTH) > 0:
        return 1.0
    return float(brentq(left, 0.0, LARGEST_STRENGTH, xtol=1e-5))


def contour(model: ShortModel, outcome_r2: FloatArray, treatment_r2: FloatArray) -> list[dict[str, float]]:
    """Return for every pair of strengths the effect a factor that strong could leave, and its interval's limit nearer to none.

    Both are moved towards none and past it.
    """
    towards = -float(np.sign(model.shifted(0.0).estimate)) or -1.0
    rows = []
    for c_y in outcome_r2:
        for c_d in treatment_r2:
            moved = model.shifted(towards * strength(float(c_y), float(c_d)))
            lower, upper = moved.interval()
            rows.append(
                {
                    "outcome_r2": float(c_y),
                    "treatment_r2": float(c_d),
                    "estimate": moved.estimate,
                    "nearer_limit": lower if towards < 0 else upper,
                }
            )
    return rows
