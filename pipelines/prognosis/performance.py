"""The performance of every predictor as rows: out of fold, in each clinic from the others, over clinics; and its calibration."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import t

from pipelines.causal.features import FloatArray
from pipelines.causal.inference import Estimate, clustered_mean, wilson_interval
from pipelines.causal.overlap import effective_n
from pipelines.prognosis.population import Sample
from pipelines.prognosis.predictors import MODEL, POINTS, PREDICTORS, Predictor
from pipelines.prognosis.probability import FEWEST_EVENTS
from pipelines.prognosis.protocol import PrognosisProtocol
from pipelines.prognosis.tables import PERFORMANCE_COLUMNS
from pipelines.prognosis.validation import FEWEST_CLINICS, by_clinic, performance, pooled

FIGURES = ("auc", "observed_to_expected", "calibration_slope", "brier")
OUT_OF_FOLD, CLINIC_LEFT_OUT, OVER_CLINICS = "out_of_fold", "clinic_left_out", "over_clinics"
NETWORK = "network"
_BOUNDS = {"auc": (0.0, 1.0), "observed_to_expected": (0.0, np.inf), "brier": (0.0, 1.0)}
_NORMAL_95 = 1.959963984540054
_ONE_CLINIC = "One clinic only: how the prognosis holds in a clinic it has not seen cannot be told."
_OTHERS_TOO_FEW = (
    "The other clinics have too few known responses to tell how the prognosis holds in a clinic it has not seen."
)
_ALIKE = "Everybody has the same probability: nothing can be told of its slope."
_ONE_PRACTITIONER = "One practitioner treated everybody: how far this differs between practitioners cannot be told."
_FEW_CLINICS = f"Fewer than {FEWEST_CLINICS} clinics have enough known responses: their spread cannot be told."
_FEW_HERE = f"Fewer than {FEWEST_EVENTS} episodes of this clinic improved by 30 %, or fewer did not."

Said = Mapping[str, str | None]
Row = dict[str, object]


def performance_rows(sample: Sample, told: list[Predictor], said: Said) -> pd.DataFrame:
    """Return a row a predictor, validation, clinic and figure, over the known responses; refusals have a reason.

    `out_of_fold`: all clinics together, with intervals clustered by practitioner. `clinic_left_out`: a clinic as the others
    predict it. `over_clinics`: those pooled, with what a further clinic may show (`next_lower`, `next_upper`).
    """
    rows = []
    for predictor in told:
        whole = pd.DataFrame(
            [
                vars(
                    performance(
                        sample.response,
                        predictor.probability,
                        sample.weight,
                        cluster=sample.practitioner,
                        ranked_by=predictor.ranked_by,
                    )
                )
            ]
        )
        rows += _figures(predictor.name, OUT_OF_FOLD, NETWORK, whole.iloc[0], said)
        rows += _elsewhere(sample, predictor, said)
    return pd.DataFrame(rows).reindex(columns=list(PERFORMANCE_COLUMNS))


def refused_performance(sample: Sample, said: Said) -> pd.DataFrame:
    """Return the refusal of every figure of every predictor."""
    counts = _counts(sample.response)
    rows = [
        {"predictor": name, "validation": validation, "clinic_code": NETWORK, "figure": figure, **counts, **said}
        for name in PREDICTORS
        for validation in (OUT_OF_FOLD, OVER_CLINICS)
        for figure in FIGURES
    ]
    return pd.DataFrame(rows).assign(n_clinics=len(np.unique(sample.clinic))).reindex(columns=list(PERFORMANCE_COLUMNS))


def calibration_rows(sample: Sample, told: list[Predictor], protocol: PrognosisProtocol, said: Said) -> pd.DataFrame:
    """Return a row a group of rising probability for model and points table: predicted, and observed with its interval.

    Groups are tenths of the known responses, fewer when a group would have under `minimum_per_group`. The interval is Wilson's,
    of the size that a simple sample as uncertain would have (Korn and Graubard 1998): of the weights' effective size or, where
    practitioners' patients are alike, of fewer.
    """
    known = sample.known
    y, w, who = sample.response[known], sample.weight[known], sample.practitioner[known]
    rows = []
    for predictor in (one for one in told if one.name in (MODEL, POINTS)):
        p = predictor.probability[known]
        n_groups = int(np.clip(len(y) // protocol.minimum_per_group, 1, protocol.most_groups))
        rank = np.lexsort((np.arange(len(p)), p)).argsort()
        group = rank * n_groups // len(p)
        for k in range(n_groups):
            inside = group == k
            size = _simple_size(clustered_mean(y[inside], who[inside], w[inside]), effective_n(w[inside]))
            observed = float(np.average(y[inside], weights=w[inside]))
            lower, upper = wilson_interval(observed * size, size)
            rows.append(
                {
                    "predictor": predictor.name,
                    "group_no": k + 1,
                    "predicted": float(np.average(p[inside], weights=w[inside])),
                    "observed": observed,
                    "lower": min(lower, observed),
                    "upper": max(upper, observed),
                    **_counts(y[inside]),
                    **said,
                }
            )
    return pd.DataFrame(rows)


def _simple_size(share: Estimate, effective: float) -> float:
    """Return the size of a simple sample whose share is as uncertain as this one, at most the weights' effective size."""
    if not share.standard_error > 0:
        return effective
    quantile = float(t.ppf(0.975, share.degrees_of_freedom)) / _NORMAL_95
    return min(effective, share.estimate * (1 - share.estimate) / (quantile * share.standard_error) ** 2)


def is_too_good(table: pd.DataFrame, largest_auc: float) -> bool:
    """Return whether a pooled AUC of the performance table is above `largest_auc`.

    From what was known at baseline an AUC of 0.60 to 0.75 is honest. Far above it, something that was known only later (visits
    kept, discharge, scores after treatment) has become a covariate. One clinic's own AUC is no alarm.
    """
    is_pooled = (table["figure"] == "auc") & table["validation"].isin([OUT_OF_FOLD, OVER_CLINICS])
    return bool((table.loc[is_pooled, "estimate"] > largest_auc).any())


def _elsewhere(sample: Sample, predictor: Predictor, said: Said) -> list[Row]:
    clinics = np.unique(sample.clinic)
    if predictor.elsewhere is None:
        because = _ONE_CLINIC if len(clinics) < 2 else _OTHERS_TOO_FEW
        return [
            _row(predictor.name, OVER_CLINICS, NETWORK, figure, _counts(sample.response) | _refusal(because, said))
            for figure in FIGURES
        ]
    table = by_clinic(
        sample.response, predictor.elsewhere, sample.clinic, sample.weight, ranked_by=predictor.ranked_by
    ).set_index("clinic_code")
    rows = []
    for name in clinics:
        if name in table.index:
            rows += _figures(predictor.name, CLINIC_LEFT_OUT, name, table.loc[name], said)
        else:
            counts = _counts(sample.response[sample.clinic == name])
            rows += [
                _row(predictor.name, CLINIC_LEFT_OUT, name, figure, counts | _refusal(_FEW_HERE, said))
                for figure in FIGURES
            ]
    return rows + [_over_clinics(predictor.name, figure, table, said) for figure in FIGURES]


def _over_clinics(predictor: str, figure: str, table: pd.DataFrame, said: Said) -> Row:
    counts = {"n": int(table["n"].sum()), "n_responses": int(table["n_responses"].sum())}
    try:
        found = pooled(table, figure)
    except ValueError:
        return _row(predictor, OVER_CLINICS, NETWORK, figure, counts | _refusal(_FEW_CLINICS, said))
    shown = {"estimate": found.mean} | _within(figure, lower=found.lower, upper=found.upper)
    shown |= _within(figure, next_lower=found.next_lower, next_upper=found.next_upper)
    return _row(predictor, OVER_CLINICS, NETWORK, figure, {**counts, **shown, "n_clinics": found.n_clinics, **said})


def _figures(predictor: str, validation: str, clinic: str, found: pd.Series, said: Said) -> list[Row]:
    rows = []
    for figure in FIGURES:
        value, error = float(found[figure]), float(found[f"{figure}_error"])
        counts: Row = {"n": int(found["n"]), "n_responses": int(found["n_responses"])}
        if np.isfinite(value) and np.isfinite(error):
            half = float(t.ppf(0.975, found[f"{figure}_degrees"])) * error
            limits = _within(figure, lower=value - half, upper=value + half)
            rows.append(_row(predictor, validation, clinic, figure, {**counts, "estimate": value, **limits, **said}))
        else:
            because = _ONE_PRACTITIONER if np.isfinite(value) else _ALIKE
            rows.append(_row(predictor, validation, clinic, figure, counts | _refusal(because, said)))
    return rows


def _row(predictor: str, validation: str, clinic: str, figure: str, rest: Mapping[str, object]) -> Row:
    named = {"predictor": predictor, "validation": validation, "clinic_code": clinic, "figure": figure}
    return {**named, "n_clinics": 1 if clinic != NETWORK else 0, **rest}


def _within(figure: str, **values: float) -> dict[str, float]:
    low, high = _BOUNDS.get(figure, (-np.inf, np.inf))
    return {name: min(high, max(low, value)) for name, value in values.items()}


def _refusal(reason: str, said: Said) -> dict[str, object]:
    return {"status": "refused", "reason": reason, "protocol_hash": said["protocol_hash"]}


def _counts(response: FloatArray) -> dict[str, object]:
    return {"n": int(np.isfinite(response).sum()), "n_responses": int(np.sum(response == 1))}
