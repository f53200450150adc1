"""How well probabilities hold: discrimination and calibration, and the same in clinics that the model has never seen.

Internal-external validation leaves out a clinic at a time (Royston, Parmar and Sylvester 2004; Steyerberg and Harrell 2016). The
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

from pipelines.causal.features import Design, FloatArray
from pipelines.causal.nuisance import LEARNERS
from pipelines.prognosis.probability import FEWEST_EVENTS, clipped_logit, prognose, recalibrate


@dataclass(frozen=True)
class Performance:
    """`auc`: chance that who responds has the higher probability. `observed_to_expected`: 1 is right. `calibration_slope`: 1 is
    right, less is too extreme. `brier`: mean squared error; `brier_gain`: share of it saved against the mean alone. `_error` is
    the standard error."""

    n: int
    n_responses: int
    auc: float
    auc_error: float
    observed_to_expected: float
    observed_to_expected_error: float
    calibration_slope: float
    calibration_slope_error: float
    brier: float
    brier_gain: float


def performance(response: FloatArray, probability: FloatArray, weight: FloatArray | None = None) -> Performance:
    """Return the figures over the rows whose response (n,) is known.

    Standard errors: AUC after Hanley and McNeil (1982), the ratio by the delta method, the slope by the sandwich. Raises
    ValueError unless there are rows with and without a response.
    """
    known = np.isfinite(response)
    y, p = response[known], probability[known]
    w = np.ones(len(y)) if weight is None else weight[known]
    if len(np.unique(y)) < 2:
        raise ValueError("the performance of probabilities needs episodes that responded and some that did not")
    share, expected = float(np.average(y, weights=w)), float(np.average(p, weights=w))
    n_effective = float(w.sum() ** 2 / (w @ w))
    auc = float(roc_auc_score(y, p, sample_weight=w))
    brier = float(np.average((y - p) ** 2, weights=w))
    slope = recalibrate(y, p, w)
    return Performance(
        n=len(y),
        n_responses=int(y.sum()),
        auc=auc,
        auc_error=_auc_error(auc, share * n_effective, (1 - share) * n_effective),
        observed_to_expected=share / expected,
        observed_to_expected_error=sqrt(share * (1 - share) / n_effective) / expected,
        calibration_slope=slope.slope,
        calibration_slope_error=_slope_error(y, clipped_logit(p), w, slope.intercept, slope.slope),
        brier=brier,
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


def leave_clinics_out(
    design: Design,
    response: FloatArray,
    clinic: NDArray[np.object_],
    *,
    weight: FloatArray | None = None,
    learners: Sequence[str] = LEARNERS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return a row a clinic that has 20 responses and 20 without: clinic_code, and `Performance` of the other clinics' model."""
    clinics, code = np.unique(clinic.astype(str), return_inverse=True)
    weights = np.ones(len(response)) if weight is None else weight
    fitted = prognose(design, response, code.astype(np.int64), weight=weights, learners=learners, seed=seed)
    rows = []
    for k, name in enumerate(clinics):
        here = (code == k) & np.isfinite(response)
        n_responses = int(response[here].sum())
        if min(n_responses, int(here.sum()) - n_responses) >= FEWEST_EVENTS:
            rows.append((name, *astuple(performance(response[here], fitted.probability[here], weights[here]))))
    return pd.DataFrame(rows, columns=["clinic_code", *(field.name for field in fields(Performance))])


def pooled(clinics: pd.DataFrame, figure: str) -> Pooled:
    """Return a figure of `leave_clinics_out` over its clinics: auc, observed_to_expected or calibration_slope.

    Raises ValueError with fewer than three clinics: a spread between them cannot be told.
    """
    if len(clinics) < 3:
        raise ValueError(f"{figure} over clinics needs three clinics with enough responses, found {len(clinics)}")
    values, errors = clinics[figure].to_numpy(dtype=float), clinics[f"{figure}_error"].to_numpy(dtype=float)
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


def _slope_error(y: FloatArray, z: FloatArray, w: FloatArray, intercept: float, slope: float) -> float:
    x = np.column_stack([np.ones(len(z)), z])
    p = expit(intercept + slope * z)
    bread = np.linalg.pinv((x * (w * p * (1 - p))[:, None]).T @ x)
    meat = x * (w * (y - p))[:, None]
    return sqrt(float((bread @ (meat.T @ meat) @ bread)[1, 1]))
