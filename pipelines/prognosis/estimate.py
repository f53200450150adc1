"""The prognosis under conservative care: every eligible episode's probability, how far it can be trusted, and its points table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.causal.features import FloatArray
from pipelines.causal.leaks import leaking_covariates
from pipelines.causal.tables import as_table
from pipelines.causal.training_sample import learned_note, together
from pipelines.prognosis.decision_curve import EVERYBODY, MODEL, NOBODY, decision_curve
from pipelines.prognosis.performance import calibration_rows, is_too_good, performance_rows, refused_performance
from pipelines.prognosis.points import NOT_RECORDED
from pipelines.prognosis.population import Sample, select_sample
from pipelines.prognosis.predictors import points_for_all, predictors, strategies
from pipelines.prognosis.protocol import BANDS, PrognosisProtocol
from pipelines.prognosis.tables import (
    CALIBRATION_COLUMNS,
    CURVE_COLUMNS,
    PERFORMANCE_COLUMNS,
    POINTS_COLUMNS,
    PROGNOSIS_COLUMNS,
    RISKS_COLUMNS,
)

WITHHELD = "withheld: "


@dataclass(frozen=True)
class PrognosisEstimates:
    """The rows of the six tables of the prognosis (see `prognosis.tables`)."""

    prognosis: pd.DataFrame
    prognosis_performance: pd.DataFrame
    prognosis_calibration: pd.DataFrame
    decision_curve: pd.DataFrame
    prognosis_points: pd.DataFrame
    prognosis_risks: pd.DataFrame


def estimate_prognosis(frame: pd.DataFrame, protocol: PrognosisProtocol) -> PrognosisEstimates:
    """Return the prognosis of every eligible episode, or refusals in words.

    frame: one row an episode with the columns of the index trial (see `causal.trials`), clinic_code, is_conservative_12wk,
    episode_duration_days and start_risk. Probabilities are out of fold; only the points table is fitted on everybody. The
    result does not depend on the order of the rows, and no frame with the required columns raises, however small. Raises
    ValueError when a required column is missing or an episode occurs twice.
    """
    with threadpool_limits(1):
        sample = select_sample(frame, protocol)
        if reason := sample.reason or _leak(sample, protocol):
            return _refused(sample, reason, protocol)
        told = predictors(sample, protocol)
    model = told[0].probability
    said = {"status": "estimated", "reason": _restriction(sample, protocol), "protocol_hash": protocol.protocol_hash()}
    performance = performance_rows(sample, told, said)
    if is_too_good(performance, protocol.largest_auc):
        return _refused(sample, leak_words("all covariates together", protocol), protocol)
    points, risks = _points(sample, protocol)
    return PrognosisEstimates(
        prognosis=as_table([_episodes(sample, protocol, model, said)], PROGNOSIS_COLUMNS),
        prognosis_performance=as_table([performance], PERFORMANCE_COLUMNS),
        prognosis_calibration=as_table([calibration_rows(sample, told, protocol, said)], CALIBRATION_COLUMNS),
        decision_curve=as_table([_curve(sample, model, protocol).assign(**said)], CURVE_COLUMNS),
        prognosis_points=as_table([points], POINTS_COLUMNS),
        prognosis_risks=as_table([risks], RISKS_COLUMNS),
    )


def band_of(probability: FloatArray, protocol: PrognosisProtocol) -> pd.Series:
    """Return 'unlikely', 'uncertain' or 'likely' for each probability (n,), None where it is NaN."""
    place = np.digitize(probability, [protocol.unlikely_below, protocol.likely_from])
    words = np.array([*BANDS, None], dtype=object)[np.where(np.isnan(probability), len(BANDS), place)]
    return pd.Series(words, dtype=object)


def _leak(sample: Sample, protocol: PrognosisProtocol) -> str | None:
    known = sample.frame[sample.known]
    leaking = leaking_covariates(known, protocol.covariates, sample.response[sample.known] == 1, protocol.largest_auc)
    return leak_words(", ".join(leaking).replace("_", " "), protocol) if leaking else None


def leak_words(covariates: str, protocol: PrognosisProtocol) -> str:
    """Return why a prognosis from these covariates is withheld."""
    return (
        f"{WITHHELD}an AUC over {protocol.largest_auc:g} of the 12-week response from {covariates}: what was known only later has "
        "probably got in. Look for it before anything of this night is used."
    )


def _restriction(sample: Sample, protocol: PrognosisProtocol) -> str | None:
    learned = learned_note(sample.training, protocol.most_training_rows)
    if sample.clipped_share <= protocol.maximum_clipped_share:
        return learned
    return together(
        f"For {100 * sample.clipped_share:.0f} % of the episodes hardly anybody like them stayed without manipulation and "
        "answered: their weight was held down, and the figures say little about them.",
        learned,
    )


def _episodes(
    sample: Sample, protocol: PrognosisProtocol, probability: FloatArray, said: dict[str, str | None]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "episode_key": sample.frame["episode_key"],
            "probability": probability,
            "band": band_of(probability, protocol),
            "fold": sample.fold,
            "is_response_known": sample.known,
            "seen_probability": sample.seen,
        }
    ).assign(**said)


def _curve(sample: Sample, probability: FloatArray, protocol: PrognosisProtocol) -> pd.DataFrame:
    """Return the decision curve of not improving: a true positive is an episode acted on that did not improve."""
    curve = decision_curve(
        1 - sample.response,
        1 - probability,
        sample.practitioner,
        rules=strategies(sample.frame),
        weight=sample.weight,
        thresholds=protocol.thresholds,
    )
    return curve.assign(n=int(sample.known.sum()), n_events=int(np.sum(sample.response == 0)))


def _points(sample: Sample, protocol: PrognosisProtocol) -> tuple[pd.DataFrame, pd.DataFrame]:
    table, banded = points_for_all(sample, protocol)
    known = banded[sample.known]
    n_in_band = [int((known[item] == band).sum()) for item, band, _ in table.bands.itertuples(index=False)]
    points = table.bands.assign(n=n_in_band)
    totals = pd.Series(table.totals(known)).value_counts()
    risks = table.risks.assign(
        band=band_of(table.risks["probability"].to_numpy(dtype=float), protocol),
        n=[int(totals.get(total, 0)) for total in table.risks["total"]],
    )
    is_used = points["band"] != NOT_RECORDED
    stamp = protocol.protocol_hash()
    return points[is_used].assign(protocol_hash=stamp), risks.assign(protocol_hash=stamp)


def _refused(sample: Sample, reason: str, protocol: PrognosisProtocol) -> PrognosisEstimates:
    said: dict[str, str | None] = {"status": "refused", "reason": reason, "protocol_hash": protocol.protocol_hash()}
    known = int(sample.known.sum())
    curve = pd.DataFrame(
        [
            (name, threshold)
            for name in (EVERYBODY, NOBODY, MODEL, *strategies(sample.frame))
            for threshold in protocol.thresholds
        ],
        columns=["strategy", "threshold"],
    ).assign(n=known, n_events=int(np.sum(sample.response == 0)), **said)
    nothing = np.full(len(sample.response), np.nan)
    return PrognosisEstimates(
        prognosis=as_table([_episodes(sample, protocol, nothing, said)], PROGNOSIS_COLUMNS),
        prognosis_performance=as_table([refused_performance(sample, said)], PERFORMANCE_COLUMNS),
        prognosis_calibration=as_table([], CALIBRATION_COLUMNS),
        decision_curve=as_table([curve.reindex(columns=list(CURVE_COLUMNS))], CURVE_COLUMNS),
        prognosis_points=as_table([], POINTS_COLUMNS),
        prognosis_risks=as_table([], RISKS_COLUMNS),
    )
