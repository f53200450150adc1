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

from pipelines.causal.features import Design, FloatArray, IntArray
from pipelines.causal.inference import clustered_mean
from pipelines.causal.keys import numbered
from pipelines.causal.nuisance import LEARNERS
from pipelines.prognosis.probability import clipped_logit, has_enough, prognose, recalibrate

FEWEST_CLINICS = 3
LEAST_ERROR = 1e-9
"""A figure with less than that has no error but what rounding leaves: a slope that separates the answers."""
MOST_GROUPS = 12
"""With more clinics several are left out together, so that a night stays short; none is predicted from its own answers."""


@dataclass(frozen=True)
class Performance:
    """`auc`: chance that who responds has the higher probability. `observed_to_expected`: 1 is right. `calibration_slope`: 1 is
    right, less is too extreme, NaN when all have one probability. `brier`: mean squared error; `brier_gain`: share of it saved
    against the mean alone. `_error` is the standard error and `_degrees` its degrees of freedom, for t quantiles; NaN below two
    clusters."""

    n: int
    n_responses: int
    auc: float
    auc_error: float
    auc_degrees: float
    observed_to_expected: float
    observed_to_expected_error: float
    observed_to_expected_degrees: float
    calibration_slope: float
    calibration_slope_error: float
    calibration_slope_degrees: float
    brier: float
    brier_error: float
    brier_degrees: float
    brier_gain: float


def performance(
    response: FloatArray,
    probability: FloatArray,
    weight: FloatArray | None = None,
    *,
    cluster: NDArray[np.object_] | None = None,
    ranked_by: FloatArray | None = None,
) -> Performance:
    """Return the figures over the rows whose response (n,) is known.

    cluster (n,): whose patients are alike, each row its own when None. ranked_by (n,): what the AUC is of when it is not the
    probability, for example a rule's own score. Each figure is a mean of influence values (`influence_values`), whose standard
    error is that of `causal.inference.clustered_mean`, with the weights taken as given.

    Raises ValueError unless there are rows with and without a response.
    """
    known = np.isfinite(response)
    y, p = response[known], probability[known]
    w = np.ones(len(y)) if weight is None else weight[known]
    if len(np.unique(y)) < 2:
        raise ValueError("the performance of probabilities needs episodes that responded and some that did not")
    who = np.arange(len(y)).astype(object) if cluster is None else cluster[known]
    ranks = p if ranked_by is None else ranked_by[known]
    found = {name: clustered_mean(values, who, w) for name, values in influence_values(y, p, w, ranks).items()}
    share, brier = float(np.average(y, weights=w)), found["brier"].estimate
    figures: dict[str, float] = {}
    for name, one in found.items():
        figures |= {
            name: one.estimate,
            f"{name}_error": one.standard_error,
            f"{name}_degrees": one.degrees_of_freedom,
        }
    return Performance(n=len(y), n_responses=int(y.sum()), brier_gain=1 - brier / (share * (1 - share)), **figures)


def influence_values(y: FloatArray, p: FloatArray, w: FloatArray, ranks: FloatArray) -> dict[str, FloatArray]:
    """Return for each figure the values (n,) whose mean with weights `w` is the figure and whose spread is its sampling error.

    auc: placement values (DeLong, DeLong and Clarke-Pearson 1988; clustered: Obuchowski 1997); observed_to_expected: the ratio
    linearised; calibration_slope: the score of the logistic regression (NaN when all are ranked alike); brier: squared errors.
    """
    share, total, expected = float(np.average(y, weights=w)), float(w.sum()), float(np.average(p, weights=w))
    beaten, beating = _placements(y, ranks, w)
    auc = float(np.average(beaten[y == 1], weights=w[y == 1]))
    ratio = share / expected
    slope = np.full(len(y), np.nan)
    if np.ptp(ranks) > 0:
        z, found = clipped_logit(p), recalibrate(y, p, w)
        x, fitted = np.column_stack([np.ones(len(z)), z]), expit(found.intercept + found.slope * z)
        bread = np.linalg.pinv((x * (w * fitted * (1 - fitted))[:, None]).T @ x)
        slope = found.slope + total * (x @ bread)[:, 1] * (y - fitted)
    return {
        "auc": auc + np.where(y == 1, (beaten - auc) / share, (beating - auc) / (1 - share)),
        "observed_to_expected": ratio + (y - ratio * p) / expected,
        "calibration_slope": slope,
        "brier": (y - p) ** 2,
    }


def _placements(y: FloatArray, ranks: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the weighted share of the other kind that is ranked below each row (n,), ties counting half, and that above."""
    _, code = np.unique(ranks, return_inverse=True)
    below = np.zeros((2, len(y)))
    for kind in (0, 1):
        at = np.bincount(code, weights=w * (y == kind), minlength=code.max() + 1)
        below[kind] = ((np.cumsum(at) - at / 2) / at.sum())[code]
    return below[0], 1 - below[1]


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
    training: FloatArray | None = None,
) -> FloatArray:
    """Return everybody's probability (n,) as told by a model that saw no answer of the own clinic.

    fold (n,): by patient, in which the other clinics choose stack and recalibration. training (n,): as for `prognose`.

    Raises ValueError with fewer than 20 responses, or 20 without, outside a clinic (see `clinic_groups`).
    """
    groups = clinic_groups(clinic)
    return prognose(
        design, response, groups, inner=fold, weight=weight, learners=learners, seed=seed, training=training
    ).probability


def by_clinic(
    response: FloatArray,
    probability: FloatArray,
    clinic: NDArray[np.object_],
    weight: FloatArray | None = None,
    *,
    ranked_by: FloatArray | None = None,
) -> pd.DataFrame:
    """Return a row a clinic that has 20 responses and 20 without: clinic_code and its `Performance`.

    A clinic's own figures are about the practitioners it has, so not clustered; over clinics their spread tells (`pooled`).
    """
    weights = np.ones(len(response)) if weight is None else weight
    rows = []
    names, code = numbered(clinic)
    sizes = np.bincount(code)
    of_clinics = np.split(np.argsort(code, kind="stable"), np.cumsum(sizes)[:-1])
    for name, here in zip(names, of_clinics, strict=True):
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
    is_told = np.isfinite(values) & np.isfinite(errors) & (errors > LEAST_ERROR)
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
