"""What was to be expected of each episode from who the patient is, learned from other clinics only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.case_mix.adjusters import ADJUSTERS
from pipelines.causal.features import FloatArray, IntArray, encode
from pipelines.causal.learners import Training, fit_linear
from pipelines.prognosis.validation import clinic_groups

FEWEST_ELSEWHERE = 100
FEWEST_EVENTS = 20
MOST_TRAINING_EPISODES = 50_000
"""As of the trials' models: what is to be expected does not become surer from more of them (decision 38)."""


class TooFewError(ValueError):
    """Too few episodes in the other clinics to say what is to be expected."""


def expected_outcomes(episodes: pd.DataFrame, observed: FloatArray, *, is_binary: bool) -> FloatArray:
    """Return what was to be expected (n,), each clinic by a penalised regression that saw the other clinics only.

    `episodes` (n rows) has `clinic_code` and the columns of ADJUSTERS; what is not recorded has its own indicator. `observed`
    (n,): 1 or 0, or points; NaN trains nothing and is predicted all the same. Many clinics are left out in groups. Of
    more than 50,000 known outcomes elsewhere as many teach, evenly spread in the order of the rows.
    Logistic or ridge regression, the penalty chosen within the other clinics; their mean where nothing was recorded. Raises
    TooFewError with fewer than 100 known outcomes, or fewer than 20 of either kind, outside a clinic.
    """
    groups = clinic_groups(episodes["clinic_code"].to_numpy(dtype=object))
    known = np.isfinite(observed)
    for group in np.unique(groups):
        _must_suffice(observed[known & (groups != group)], is_binary)
    design = encode(episodes[list(ADJUSTERS)])
    expected = np.empty(len(observed))
    with threadpool_limits(1):
        for group in np.unique(groups):
            others, own = known & (groups != group), groups == group
            if design.linear.shape[1] == 0:
                expected[own] = observed[others].mean()
                continue
            taught = _spread(np.flatnonzero(others))
            training = Training(design.take(taught), observed[taught], np.ones(len(taught)), is_binary, 0)
            expected[own] = fit_linear(training)(design.take(own))
    return expected


def _spread(rows: IntArray) -> IntArray:
    n = len(rows)
    return (
        rows if n <= MOST_TRAINING_EPISODES else rows[np.arange(MOST_TRAINING_EPISODES) * n // MOST_TRAINING_EPISODES]
    )


def _must_suffice(elsewhere: FloatArray, is_binary: bool) -> None:
    if len(elsewhere) < FEWEST_ELSEWHERE:
        raise TooFewError(
            f"The other clinics have {'no' if len(elsewhere) == 0 else 'fewer than 100'} known outcomes to expect from."
        )
    if is_binary and min(np.sum(elsewhere == 1), np.sum(elsewhere == 0)) < FEWEST_EVENTS:
        raise TooFewError("The other clinics have too few outcomes of one kind to expect from.")
