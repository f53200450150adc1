"""What was to be expected of each episode from who the patient is, learned from other clinics only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.case_mix.adjusters import ADJUSTERS
from pipelines.causal.features import FloatArray, encode
from pipelines.causal.learners import Training, fit_linear
from pipelines.prognosis.validation import clinic_groups

FEWEST_ELSEWHERE = 100
FEWEST_EVENTS = 20


class TooFewError(ValueError):
    """Too few episodes in the other clinics to say what is to be expected."""


def expected_outcomes(episodes: pd.DataFrame, observed: FloatArray, *, is_binary: bool) -> FloatArray:
    """Return what was to be expected (n,), each clinic by a penalised regression that saw the other clinics only.

    `episodes` (n rows) has `clinic_code` and the columns of ADJUSTERS; what is not recorded has its own indicator. `observed`
    (n,): 1 or 0, or points; NaN trains nothing and is predicted all the same. More than 50 clinics are left out in groups.
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
            training = Training(design.take(others), observed[others], np.ones(int(others.sum())), is_binary, 0)
            expected[own] = fit_linear(training)(design.take(own))
    return expected


def _must_suffice(elsewhere: FloatArray, is_binary: bool) -> None:
    if len(elsewhere) < FEWEST_ELSEWHERE:
        raise TooFewError(
            f"The other clinics have {'no' if len(elsewhere) == 0 else 'fewer than 100'} known outcomes to expect from."
        )
    if is_binary and min(np.sum(elsewhere == 1), np.sum(elsewhere == 0)) < FEWEST_EVENTS:
        raise TooFewError("The other clinics have too few outcomes of one kind to expect from.")
