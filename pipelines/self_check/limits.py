"""When a figure of few replications is too far off to be chance: exact limits at a stated rate of false alarms."""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.stats import binom, t

from pipelines.causal.features import FloatArray

FALSE_ALARM_RATE = 0.01
"""In at most this share of nights a check of a trial may fail by chance alone; it is shared out among its parts (Bonferroni)."""

NOMINAL_COVERAGE = 0.95
NOMINAL_FALSE_DISCOVERY = 0.05
HARMLESS_SHARE_OF_MARGIN = 0.2
HARMLESS_STANDARD_ERRORS = 0.5
"""A bias below a fifth of the smallest difference that matters harms nobody; nor does one below half a standard error, with which
a 95 % interval still covers in 92 %. As arms and answers are kept, what chance left unbalanced stays in every replication."""


def least_covered(replications: int, alpha: float) -> int:
    """Return the fewest intervals that must hold the truth: of 95 % intervals fewer do with a probability under `alpha`."""
    return int(binom.ppf(alpha, replications, NOMINAL_COVERAGE))


def most_discoveries(replications: int, alpha: float) -> int:
    """Return the most false discoveries allowed: of a test at 5 % there are more with a probability of at most `alpha`."""
    return int(binom.isf(alpha, replications, NOMINAL_FALSE_DISCOVERY))


def largest_bias(errors: FloatArray, standard_error: float, margin: float, alpha: float) -> float:
    """Return how far the mean of `errors` (replications,) may lie from 0, in units of the outcome.

    It is a harmless bias (a fifth of the margin or half a standard error, whichever is more) and its Monte Carlo error, by a
    t quantile. Infinite below three replications.
    """
    n = len(errors)
    if n < 3:
        return float("inf")
    harmless = max(HARMLESS_SHARE_OF_MARGIN * margin, HARMLESS_STANDARD_ERRORS * standard_error)
    return harmless + float(t.ppf(1 - alpha / 2, n - 1)) * monte_carlo_error(errors)


def monte_carlo_error(errors: FloatArray) -> float:
    """Return the standard error of the mean of `errors`; NaN below two."""
    return float(np.std(errors, ddof=1) / sqrt(len(errors))) if len(errors) > 1 else float("nan")
