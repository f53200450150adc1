"""How well probabilities hold: discrimination and calibration, and the same in clinics that the model has never seen.

Internal-external validation leaves clinics out (Royston, Parmar and Sylvester 2004; Steyerberg and Harrell 2016). The
clinics' figures are pooled with random effects (DerSimonian and Laird 1986) by Hartung's and Knapp's interval (2001); the
prediction interval is what a further clinic may show (Higgins, Thompson and Spiegelhalter 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import t
from sklearn.metrics import roc_auc_score

from pipelines.causal.features import Design, FloatArray, IntArray
from pipelines.causal.nuisance import LEARNERS
from pipelines.causal.overlap import effective_n
from pipelines.prognosis.probability import clipped_logit, has_enough, prognose, recalibrate

FEWEST_CLINICS = 3
MOST_GROUPS = 12
"""With more clinics several are left out together, so that a night stays short; none is predicted from its own answers."""


@dataclass(frozen=True)
class Performance:
    """`auc`: chance that who responds has the higher probability. `observed_to_expected`: 1 is right. `calibration_slope`: 1 is
    right, less is too extreme, NaN when all have one probability. `brier`: mean squared error; `brier_gain`: share of it saved
    against the mean alone. `_error` is the standard error."""

    n: int
    n_responses: int
    auc: float
    auc_error: float
    observed_to_expected: float
    observed_to_expected_error: float
    calibration_slope: float
    calibration_slope_error: float
    brier: float
    brier_error: float
    brier_gain: float


def performance(
    response: FloatArray,
    probability: FloatArray,
    weight: FloatArray | None = None,
    *,
    ranked_by: FloatArray | None = None,
) -> Performance:
    """Return the figures over the rows whose response (n,) is known.

    ranked_by (n,): what the AUC is of when it is not the probability, for example a rule's own score. Standard errors: AUC after
    Hanley and McNeil (1982), the ratio by the delta method, the slope by the sandwich, all with the weights' effective size.
    Raises ValueError unless there are rows with and without a response.
    """
    known = np.isfinite(response)
    y, p = response[known], probability[known]
    w = np.ones(len(y)) if weight is None else weight[known]
    if len(np.unique(y)) < 2:
        raise ValueError("the performance of probabilities needs episodes that responded and some that did not")
    share, expected = float(np.average(y, weights=w)), float(np.average(p, weights=w))
    size = effective_n(w)
    ranks = p if ranked_by is None else ranked_by[known]
    auc = float(roc_auc_score(y, ranks, sample_weight=w))
    squares = (y - p) ** 2
    brier = float(np.average(squares, weights=w))
    slope, slope_error = _slope(y, p, w) if np.ptp(ranks) > 0 else (float("nan"), float("nan"))
    return Performance(
        n=len(y),
        n_responses=int(y.sum()),
        auc=auc,
        auc_error=_auc_error(auc, share * size, (1 - share) * size),
        observed_to_expected=share / expected,
        observed_to_expected_error=sqrt(share * (1 - share) / size) / expected,
        calibration_slope=slope,
        calibration_slope_error=slope_error,
        brier=brier,
        brier_error=sqrt(float(np.average((squares - brier) ** 2, weights=w)) / size),
        brier_gain=1 - brier / (share * (1 - share)),
    )


@dataclass(frozen=True)
class Pooled:
    """A figure over clinics: mean and interval, the spread between clinics, and what a further clinic may show (all 95 %)."""

    figure: str
    n_clinics: int
    mean: float
    lower: float
    upper: float
    spread: float
    next_lower: float
    next_upper: float


def clinic_groups(clinic: NDArray[np.object_], most: int = MOST_GROUPS) -> IntArray:
    """Return the group (n,) in which each clinic is left out: one each, or `most` groups of clinics dealt out by size."""
    names, code, sizes = np.unique(clinic.astype(str), return_inverse=True, return_counts=True)
    group = np.empty(len(names), dtype=np.int64)
    group[np.argsort(-sizes, kind="stable")] = np.arange(len(names)) % most
    return group[code]


def leave_clinics_out(
    design: Design,
    response: FloatArray,
    clinic: NDArray[np.object_],
    fold: IntArray,
    *,
    weight: FloatArray | None = None,
    learners: Sequence[str] = LEARNERS,
    seed: int = 0,
) -> FloatArray:
    """Return everybody's probability (n,) as told by a model that saw no answer of the own clinic.

    fold (n,): by patient, in which the other clinics choose stack and recalibration. Raises ValueError with fewer than 20
    responses, or 20 without, outside a clinic (see `clinic_groups`).
    """
    groups = clinic_groups(clinic)
    return prognose(design, response, groups, inner=fold, weight=weight, learners=learners, seed=seed).probability


def by_clinic(
    response: FloatArray,
    probability: FloatArray,
    clinic: NDArray[np.object_],
    weight: FloatArray | None = None,
    *,
    ranked_by: FloatArray | None = None,
) -> pd.DataFrame:
    """Return a row a clinic that has 20 responses and 20 without: clinic_code and its `Performance`."""
    weights = np.ones(len(response)) if weight is None else weight
    rows = []
    for name in np.unique(clinic.astype(str)):
        here = clinic.astype(str) == name
        if has_enough(response[here]):
            ranks = None if ranked_by is None else ranked_by[here]
            found = performance(response[here], probability[here], weights[here], ranked_by=ranks)
            rows.append((name, *astuple(found)))
    return pd.DataFrame(rows, columns=["clinic_code", *(field.name for field in fields(Performance))])


def pooled(clinics: pd.DataFrame, figure: str) -> Pooled:
    """Return a figure of `by_clinic` over its clinics: auc, observed_to_expected, calibration_slope or brier.

    Clinics in which the figure has no standard error are left out. Raises ValueError with fewer than three clinics: a spread
    between them cannot be told.
    """
    values, errors = clinics[figure].to_numpy(dtype=float), clinics[f"{figure}_error"].to_numpy(dtype=float)
    is_told = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    values, errors = values[is_told], errors[is_told]
    if len(values) < FEWEST_CLINICS:
        raise ValueError(f"{figure} over clinics needs three clinics with enough responses, found {len(values)}")
    k, precision = len(values), 1 / errors**2
    fixed = np.average(values, weights=precision)
    excess = precision @ (values - fixed) ** 2 - (k - 1)
    between = max(0.0, float(excess / (precision.sum() - (precision @ precision) / precision.sum())))
    weights = 1 / (errors**2 + between)
    mean = float(np.average(values, weights=weights))
    variance = max(1.0, float(weights @ (values - mean) ** 2 / (k - 1))) / float(weights.sum())
    half = float(t.ppf(0.975, k - 1)) * sqrt(variance)
    further = float(t.ppf(0.975, k - 2)) * sqrt(variance + between)
    return Pooled(figure, k, mean, mean - half, mean + half, sqrt(between), mean - further, mean + further)


def _auc_error(auc: float, n_with: float, n_without: float) -> float:
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = (n_with - 1) * (q1 - auc**2) + (n_without - 1) * (q2 - auc**2)
    return sqrt(max(1e-12, auc * (1 - auc) + max(0.0, spread)) / (n_with * n_without))


def _slope(y: FloatArray, probability: FloatArray, w: FloatArray) -> tuple[float, float]:
    z = clipped_logit(probability)
    found = recalibrate(y, probability, w)
    x = np.column_stack([np.ones(len(z)), z])
    p = expit(found.intercept + found.slope * z)
    bread = np.linalg.pinv((x * (w * p * (1 - p))[:, None]).T @ x)
    meat = x * (w * (y - p))[:, None]
    variance = float((bread @ (meat.T @ meat) @ bread)[1, 1])
    # A slope that separates the answers has no variance but what rounding leaves, which can be under 0.
    return found.slope, sqrt(variance) if variance > 0 else float("nan")
