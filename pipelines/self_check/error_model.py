"""Empirical calibration: what negative controls say of systematic error, and an interval that takes it into account.

Schuemie and others (Statistics in Medicine 2014;33:209; PNAS 2018;115:2571): the estimate of control i, whose true effect is 0,
is normal with mean m and variance s^2 + se_i^2; m and s are those of the systematic error. Here m and s are not plugged in:
m is integrated out with a flat prior and s with a flat prior on s (Gelman, Bayesian Analysis 2006;1:515), so that few controls
give a wide interval instead of a false one. Controls and effects are in standard deviations of what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from pipelines.causal.features import FloatArray

FEWEST_CONTROLS = 5
"""With fewer the spread of the systematic error cannot be told (Gelman 2006 advises against a flat prior for under 5 groups)."""

_STEPS = 400
_LARGEST_SPREADS = 6.0


@dataclass(frozen=True)
class ErrorModel:
    """The posterior of the systematic error on a grid of its standard deviation: `spread` (k,), `weight` (k,) summing to 1; given
    the spread its mean is normal with `mean` (k,) and `variance` (k,)."""

    spread: FloatArray
    weight: FloatArray
    mean: FloatArray
    variance: FloatArray

    @property
    def expected(self) -> float:
        """Return the expected systematic error."""
        return float(self.weight @ self.mean)

    def calibrate(self, estimate: float, standard_error: float, level: float = 0.95) -> tuple[float, float, float]:
        """Return the calibrated estimate (the median) and the interval of an effect estimated with this standard error."""
        centre = estimate - self.mean
        deviation = np.sqrt(standard_error**2 + self.variance + self.spread**2)

        def below(value: float, share: float) -> float:
            return float(self.weight @ norm.cdf((value - centre) / deviation)) - share

        low, high = float((centre - 12 * deviation).min()), float((centre + 12 * deviation).max())
        tail = (1 - level) / 2
        median, lower, upper = (float(brentq(below, low, high, args=(share,))) for share in (0.5, tail, 1 - tail))
        return median, lower, upper


def fit_error_model(estimates: FloatArray, standard_errors: FloatArray) -> ErrorModel:
    """Return the systematic error that the controls' `estimates` (k,), whose truth is 0, and their `standard_errors` show.

    Raises ValueError with fewer than 5 controls, or a standard error that is not above 0.
    """
    if len(estimates) < FEWEST_CONTROLS:
        raise ValueError(f"a systematic error needs at least {FEWEST_CONTROLS} controls, found {len(estimates)}")
    if not (standard_errors > 0).all():
        raise ValueError("every control needs a standard error above 0")
    scale = float(np.std(estimates) + standard_errors.mean())
    spread = np.linspace(0.0, _LARGEST_SPREADS * scale, _STEPS)
    precision = 1 / (spread[:, None] ** 2 + standard_errors**2)
    variance = 1 / precision.sum(axis=1)
    mean = variance * (precision @ estimates)
    squares = (precision * (estimates - mean[:, None]) ** 2).sum(axis=1)
    log_weight = 0.5 * np.log(precision).sum(axis=1) + 0.5 * np.log(variance) - 0.5 * squares
    weight = np.exp(log_weight - log_weight.max())
    return ErrorModel(spread, weight / weight.sum(), mean, variance)
