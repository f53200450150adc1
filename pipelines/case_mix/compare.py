"""Observed beside expected, by clinic: the standardised value, its limits, its shrunk estimate and its signal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.case_mix.adjusters import VERSION
from pipelines.case_mix.expected import TooFewError, expected_outcomes
from pipelines.case_mix.funnel import (
    FEWEST_CLINICS,
    FEWEST_EPISODES,
    Limits,
    binomial_limits,
    has_three_in_a_row,
    overdispersion,
    shrunk,
    signal,
    simulated_limits,
)
from pipelines.case_mix.measures import MEASURES, AdjustedMeasure
from pipelines.case_mix.tables import CASE_MIX_COLUMNS, FUNNEL_COLUMNS
from pipelines.causal.features import FloatArray
from pipelines.causal.tables import as_table

REPRESENTATIVE_SHARE = 0.6
FUNNEL_SIZES = (20, 30, 40, 50, 65, 80, 100, 130, 160, 200, 250, 320, 400, 500, 650, 800, 1000, 1300, 1600, 2000)
SEED = 20050
_Z = 1.959963984540054
_TOO_FEW = "Fewer than 20 known outcomes."


def compare_clinics(episodes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of estimates.case_mix and estimates.funnel from the episodes that are due (n rows).

    `episodes` has clinic_code, index_period, has_answered, the columns of ADJUSTERS and those of MEASURES (missing where not
    known). A clinic whose answers are under 60 % of those due, or fewer than 8 clinics with 20 known outcomes, are not judged.
    """
    answered = episodes.groupby("clinic_code")["has_answered"].mean()
    found = [_compared(episodes, measure, answered) for measure in MEASURES if len(episodes)]
    return {
        "case_mix": as_table([clinics for clinics, _ in found], CASE_MIX_COLUMNS),
        "funnel": as_table([limits for _, limits in found], FUNNEL_COLUMNS),
    }


def _compared(
    episodes: pd.DataFrame, measure: AdjustedMeasure, answered: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    observed: FloatArray = np.asarray(
        episodes[measure.column].astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=np.float64
    )
    named = {"indicator": measure.indicator, "measure": measure.measure}
    try:
        expected = expected_outcomes(episodes, observed, is_binary=measure.is_binary)
    except TooFewError as error:
        codes = sorted(set(episodes["clinic_code"]))
        return pd.DataFrame([_refused(str(code), 0, str(error)) | named for code in codes]), pd.DataFrame()
    known = np.isfinite(observed)
    table = episodes.loc[known, ["clinic_code", "index_period"]].assign(
        observed=observed[known], expected=expected[known]
    )
    network = float(table["observed"].mean()) if measure.is_binary else 0.0
    deviations = (table["observed"] - table["expected"]).to_numpy()
    of_clinic = {str(code): own for code, own in table.groupby("clinic_code")}
    clinics = pd.DataFrame([standing(code, own, network, measure) for code, own in of_clinic.items()])
    clinics["is_representative"] = [bool(answered[code] >= REPRESENTATIVE_SHARE) for code in clinics["clinic_code"]]
    large = (clinics["n"] >= FEWEST_EPISODES) & (clinics["error"] > 0)
    judged = large & clinics["is_representative"]
    phi = overdispersion(((clinics["adjusted"] - network) / clinics["error"])[judged].to_numpy())
    clinics.loc[large, ["shrunk", "shrunk_lower", "shrunk_upper"]] = shrunk(
        clinics.loc[large, "adjusted"].to_numpy(), clinics.loc[large, "error"].to_numpy()
    ).to_numpy()

    def limits(n: float) -> Limits:
        if measure.is_binary:
            return binomial_limits(network, n, phi)
        return simulated_limits(deviations, max(1, round(n)), seed=SEED + round(n), overdispersion=phi)

    is_judged = judged & (int(large.sum()) >= FEWEST_CLINICS)
    signals = [
        signal(value, limits(n)) if is_one else "not judged"
        for value, n, is_one in zip(clinics["adjusted"], clinics["effective_n"], is_judged, strict=True)
    ]
    better = (clinics["adjusted"] > network) == measure.is_up_better
    rows = clinics.assign(
        **named,
        signal=signals,
        direction=np.where(better, "better", "worse"),
        has_three_in_a_row=[
            bool(is_one) and _is_lasting(of_clinic[code], network, measure)
            for code, is_one in zip(clinics["clinic_code"], is_judged, strict=True)
        ],
        network=network,
        overdispersion=phi,
        adjusters_version=VERSION,
        status=np.where(large, "estimated", "refused"),
        reason=pd.Series(_TOO_FEW, index=clinics.index, dtype=object).where(~large, None),
    )
    hidden = ["effective_n", "observed", "expected", "adjusted", "lower", "upper"]
    rows.loc[~large, hidden] = np.nan
    absent = sorted(set(episodes["clinic_code"]) - set(rows["clinic_code"]))
    none = pd.DataFrame([_refused(str(code), 0, _TOO_FEW) | named for code in absent])
    sizes = [n for n in FUNNEL_SIZES if n <= max(100.0, 1.3 * float(clinics["effective_n"].max()))]
    funnel = pd.DataFrame([{"effective_n": n, "network": network, **vars(limits(n))} for n in sizes]).assign(**named)
    return pd.concat([rows, none], ignore_index=True) if len(none) else rows, funnel


def standing(code: str, own: pd.DataFrame, network: float, measure: AdjustedMeasure) -> dict[str, object]:
    """Return where one clinic, or one of its practitioners, stands: shares are standardised as the network's share x observed /
    expected, points as observed - expected."""
    n, observed, expected = len(own), own["observed"].to_numpy(), own["expected"].to_numpy()
    if measure.is_binary:
        adjusted, error, effective_n = standardised(observed, expected, network)
    else:
        deviation = observed - expected
        adjusted, effective_n = float(deviation.mean()), float(n)
        error = float(deviation.std(ddof=1)) / np.sqrt(n) if n > 1 else np.nan
    interval = (adjusted - _Z * error, adjusted + _Z * error)
    if measure.is_binary:
        interval = (max(0.0, interval[0]), min(1.0, interval[1]))
        adjusted = min(1.0, adjusted)
    return {
        "clinic_code": code,
        "n": n,
        "effective_n": effective_n,
        "observed": float(observed.mean()),
        "expected": float(expected.mean()),
        "adjusted": adjusted,
        "error": error,
        "lower": interval[0],
        "upper": max(adjusted, interval[1]),
    }


def standardised(observed: FloatArray, expected: FloatArray, network: float) -> tuple[float, float, float]:
    """Return the standardised share, its standard error under expectation, and the effective number of episodes.

    The share is network x sum(observed) / sum(expected); its variance network^2 x sum(p (1 - p)) / sum(p)^2, and the effective
    number is that of a binomial share of the network with the same variance.
    """
    total = float(expected.sum())
    share = network * float(observed.sum()) / total
    error = network * float(np.sqrt(np.sum(expected * (1 - expected)))) / total
    return share, error, network * (1 - network) / error**2


def _is_lasting(own: pd.DataFrame, network: float, measure: AdjustedMeasure) -> bool:
    """Return whether three consecutive quarters with 20 known outcomes lie beyond 95 % on one side."""
    beyond = []
    for _, quarter in own.dropna(subset="index_period").groupby("index_period", sort=True):
        if len(quarter) < FEWEST_EPISODES:
            beyond.append(0)
            continue
        row = standing("", quarter, network, measure)
        z = (float(str(row["adjusted"])) - network) / float(str(row["error"]))
        beyond.append(int(np.sign(z)) if abs(z) > _Z else 0)
    return has_three_in_a_row(beyond)


def _refused(code: str, n: int, reason: str) -> dict[str, object]:
    return {
        "clinic_code": code,
        "n": n,
        "status": "refused",
        "reason": reason,
        "is_representative": False,
        "signal": "not judged",
        "direction": "",
        "has_three_in_a_row": False,
        "adjusters_version": VERSION,
    } | dict.fromkeys(
        (
            "effective_n",
            "observed",
            "expected",
            "adjusted",
            "lower",
            "upper",
            "shrunk",
            "shrunk_lower",
            "shrunk_upper",
            "network",
            "overdispersion",
        ),
        np.nan,
    )
