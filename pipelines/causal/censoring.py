"""Weights that make up for those lost to follow-up: the inverse probability of still being followed, given baseline."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.linear import fit_logistic

DAYS_IN_AN_INTERVAL = 7
# A weight is at most 1 / this: nobody stands for more than 20 of those lost.
LEAST_FOLLOWED = 0.05
LEAST_LOST_FOR_A_MODEL = 10
# The model of a ridge does not get better from more episodes than these, and memory is episodes times weeks.
EPISODES_FOR_THE_MODEL = 20_000
ROWS_READ_AT_A_TIME = 50_000


def interval_of(day: IntArray) -> IntArray:
    """Return the interval in which a day lies: days 0 to 7 are interval 0, 8 to 14 interval 1, and so on."""
    return np.asarray(np.maximum(day - 1, 0) // DAYS_IN_AN_INTERVAL, dtype=np.int64)


def followed_weights(
    covariates: FloatArray, arm: IntArray, day: IntArray, is_lost: BoolArray, horizon_days: int
) -> FloatArray:
    """Return 1 / P(still followed at the start of the interval | covariates, arm) for episodes and intervals (n, k).

    `covariates` (n, p) are of time zero and standardised; `day` (n,) is when an episode ended and `is_lost` whether it
    was lost then. The hazard of being lost in an interval is a ridge-penalised logistic regression pooled over the
    intervals (Robins and Finkelstein, Biometrics 2000; pooled logistic: D'Agostino et al., Statistics in Medicine
    1990). Within an interval loss is taken as independent of the outcome. With fewer than 10 lost every weight is 1.
    """
    n, n_intervals = len(day), int(interval_of(np.array([horizon_days]))[0]) + 1
    last = interval_of(day)
    is_lost_before_last = is_lost & (last < n_intervals - 1)
    if is_lost_before_last.sum() < LEAST_LOST_FOR_A_MODEL or n_intervals < 2:
        return np.ones((n, n_intervals))
    few = np.arange(0, n, -(-n // EPISODES_FOR_THE_MODEL))
    row, interval = np.nonzero(np.arange(n_intervals - 1) <= last[few][:, None])
    lost = (is_lost[few][row] & (last[few][row] == interval)).astype(np.int64)
    with threadpool_limits(1):
        fitted = fit_logistic(
            _design(covariates[few][row], arm[few][row], interval, int(arm.max()) + 1, n_intervals - 1),
            lost,
            np.ones(len(row)),
            n_labels=2,
        )
        followed = np.ones((n, n_intervals))
        for start in range(0, n, ROWS_READ_AT_A_TIME):
            rows = slice(start, start + ROWS_READ_AT_A_TIME)
            some, of_arm, so_far = covariates[rows], arm[rows], followed[rows]
            for k in range(n_intervals - 1):
                x = _design(some, of_arm, np.full(len(some), k), int(arm.max()) + 1, n_intervals - 1)
                so_far[:, k + 1] = so_far[:, k] * (1 - fitted.predict(x)[:, 1])
    return np.asarray(1 / np.maximum(followed, LEAST_FOLLOWED), dtype=float)


def _design(covariates: FloatArray, arm: IntArray, interval: IntArray, n_arms: int, n_intervals: int) -> FloatArray:
    arms = (arm[:, None] == np.arange(1, n_arms)).astype(float)
    intervals = (interval[:, None] == np.arange(1, n_intervals)).astype(float)
    return np.hstack([covariates, arms, intervals])
