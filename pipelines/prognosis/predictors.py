"""What is compared on the same episodes: the model, its points table, STarT Back and the rule of Flynn and Childs.

Each gives two probabilities of a response: one that no answer of the own fold was used for, and one that no answer of the own
clinic was used for. Rules were made elsewhere, so only the probability of each of their scores is learned here. STarT Back:
Hill and colleagues (2008); the manipulation rule: Flynn and colleagues (2002), Childs and colleagues (2004).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.prognosis.points import PointsTable, in_bands, points_table
from pipelines.prognosis.population import Sample
from pipelines.prognosis.probability import has_enough, prognose
from pipelines.prognosis.protocol import PrognosisProtocol
from pipelines.prognosis.validation import clinic_groups, leave_clinics_out

MODEL, POINTS, START_RISK, START_TOTAL, FLYNN = "model", "points", "start_risk", "start_total", "flynn"
PREDICTORS = (MODEL, POINTS, START_RISK, START_TOTAL, FLYNN)
FLYNN_POSITIVE = 4
_RISK_RANK = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True)
class Predictor:
    """`probability` (n,): of a response, out of fold. `elsewhere` (n,): as the other clinics tell it, None when they are too
    few. `ranked_by` (n,): a rule's own score, larger is likelier to respond; None when the probability ranks."""

    name: str
    probability: FloatArray
    elsewhere: FloatArray | None
    ranked_by: FloatArray | None = None


def predictors(sample: Sample, protocol: PrognosisProtocol) -> list[Predictor]:
    """Return all predictors in the order of PREDICTORS, for every eligible episode (n)."""
    design = sample.design(protocol.covariates)
    group = clinic_groups(sample.clinic)
    is_valid_elsewhere = len(np.unique(group)) > 1 and all(
        has_enough(sample.response[group != k]) for k in np.unique(group)
    )
    fitted = prognose(
        design,
        sample.response,
        sample.fold,
        weight=sample.weight,
        learners=protocol.learners,
        seed=protocol.seed,
        training=sample.training,
    )
    elsewhere = None
    if is_valid_elsewhere:
        elsewhere = leave_clinics_out(
            design,
            sample.response,
            sample.clinic,
            sample.fold,
            weight=sample.weight,
            learners=protocol.learners,
            seed=protocol.seed,
            training=sample.training,
        )
    found = [Predictor(MODEL, fitted.probability, elsewhere)]
    banded = bands_of(sample.frame, protocol)

    def by_points(rows: BoolArray, new: BoolArray) -> FloatArray:
        taught = rows & sample.teaches
        weight = sample.training_weight[taught]
        table = points_table(banded[taught], sample.response[taught], weight, fold=sample.fold[taught])
        return table.probabilities(banded[new])

    simple: list[tuple[str, Callable[[BoolArray, BoolArray], FloatArray], FloatArray | None]] = [
        (POINTS, by_points, None)
    ]
    for name, score in _scores(sample.frame).items():
        simple.append((name, _by_score(score, sample), _in_the_middle(score)))
    for name, fit, ranked_by in simple:
        apart = _in_turn(fit, sample.fold)
        found.append(Predictor(name, apart, _in_turn(fit, group) if is_valid_elsewhere else None, ranked_by))
    return found


def bands_of(frame: pd.DataFrame, protocol: PrognosisProtocol) -> pd.DataFrame:
    """Return the items of the points table as bands in words; an item that the frame does not have is not recorded."""
    values = pd.DataFrame({item: _as_said(frame, item) for item, _ in protocol.items}, index=frame.index)
    return in_bands(values, dict(protocol.items))


def points_for_all(sample: Sample, protocol: PrognosisProtocol) -> tuple[PointsTable, pd.DataFrame]:
    """Return the points table fitted on every known response that teaches, and the items of all episodes as bands (n)."""
    banded, taught = bands_of(sample.frame, protocol), sample.teaches
    weight = sample.training_weight[taught]
    return points_table(banded[taught], sample.response[taught], weight, fold=sample.fold[taught]), banded


def strategies(frame: pd.DataFrame) -> dict[str, BoolArray]:
    """Return whom each named rule acts on (n,); on nobody in whom it was not recorded."""
    scores = _scores(frame)
    return {
        "start_medium_or_high": scores[START_RISK] <= -_RISK_RANK["medium"],
        "start_high": scores[START_RISK] <= -_RISK_RANK["high"],
        "flynn_positive": scores[FLYNN] == 1,
    }


def _scores(frame: pd.DataFrame) -> dict[str, FloatArray]:
    risk = _column(frame, "start_risk").map(_RISK_RANK).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    total, met = (
        _column(frame, name).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        for name in ("start_total", "flynn_n_pos")
    )
    positive = np.where(np.isfinite(met), met >= FLYNN_POSITIVE, np.nan).astype(float)
    return {START_RISK: -risk, START_TOTAL: -total, FLYNN: positive}


def _in_turn(fit: Callable[[BoolArray, BoolArray], FloatArray], group: IntArray) -> FloatArray:
    """Return each group's probabilities (n,) as fitted on the others."""
    probability = np.empty(len(group))
    for k in np.unique(group):
        probability[group == k] = fit(group != k, group == k)
    return probability


def _by_score(score: FloatArray, sample: Sample) -> Callable[[BoolArray, BoolArray], FloatArray]:
    x = np.column_stack([_in_the_middle(score), np.isnan(score).astype(float)])

    def fit(rows: BoolArray, new: BoolArray) -> FloatArray:
        known = rows & sample.known & sample.teaches
        weight = sample.training_weight[known] / sample.training_weight[known].mean()
        model = LogisticRegression(C=100.0, solver="newton-cholesky", tol=1e-8)
        model.fit(x[known], sample.response[known].astype(int), sample_weight=weight)
        return np.asarray(expit(x[new] @ model.coef_[0] + model.intercept_[0]), dtype=float)

    return fit


def _in_the_middle(score: FloatArray) -> FloatArray:
    """Return the score, the median where it was not recorded."""
    recorded = score[np.isfinite(score)]
    return np.where(np.isfinite(score), score, np.median(recorded) if len(recorded) else 0.0)


def _as_said(frame: pd.DataFrame, item: str) -> pd.Series:
    if item == "duration_days":
        return _column(frame, "episode_duration_days")
    column = _column(frame, item)
    is_yes_or_no = column.notna().any() and all(isinstance(value, bool | np.bool_) for value in column.dropna())
    return column.map({True: "yes", False: "no"}) if is_yes_or_no else column


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)
