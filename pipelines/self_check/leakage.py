"""A covariate that holds the future: what predicts an outcome too well from what is said to have been known before it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from pipelines.causal.features import BoolArray, FloatArray, as_numbers
from pipelines.causal.population import outcome_values, select_population
from pipelines.causal.protocol import Outcome, SteppedTrial, TargetTrial
from pipelines.prognosis.protocol import CONSERVATIVE_CARE

LARGEST_AUC = CONSERVATIVE_CARE.largest_auc
"""From what was known on day 0, an AUC of 0.60 to 0.75 of a 12-week response is honest; above this one the future leaked in."""

LARGEST_AUC_OF_THE_COURSE = 0.95
"""At a later visit the course so far tells more: who is better by week 4 mostly stays so (0.83 to 0.90 in simulated groups). The
outcome itself, copied into such a column, reaches 1."""

LEVEL_OF_PROOF = 0.999

FEWEST_OF_A_KIND = 30
"""With so many of either kind a covariate that tells nothing reaches the limit in none of a million (4.6 standard deviations)."""
WHOLE_MODEL = "the model of all covariates"


def leakage_rows(
    frame: pd.DataFrame, trial: TargetTrial | SteppedTrial, model_auc: dict[str, float]
) -> list[dict[str, object]]:
    """Return the rows of self_checks.leakage of a trial: a row an outcome for its best single covariate and every one above the
    limit, and one for the night's model (`model_auc`: its AUC by outcome, where it is binary).

    An outcome that is not binary is told apart at its median. A covariate is judged by its values and by whether it is recorded.
    """
    population = select_population(frame, trial)
    course = _course(trial)
    rows: list[dict[str, object]] = []
    for outcome in trial.outcomes:
        kept, is_high = _told_apart(population.frame, outcome)
        events = int(is_high.sum())
        if min(events, len(is_high) - events) < FEWEST_OF_A_KIND:
            continue
        said = [(WHOLE_MODEL, model_auc[outcome.name])] if outcome.name in model_auc else []
        known = population.frame[kept]
        found = [
            (name, auc_of_covariate(known[name], is_high)) for name in (*trial.covariates, *course) if name in known
        ]
        ranked = sorted(found, key=lambda one: (-one[1], one[0]))
        for number, (name, auc) in enumerate(said + ranked):
            lower = auc_lower(auc, events, len(is_high) - events)
            limit = LARGEST_AUC_OF_THE_COURSE if name in course else LARGEST_AUC
            if number <= len(said) or lower > limit:
                row: dict[str, object] = {"trial": trial.id, "outcome": outcome.name, "covariate": name, "auc": auc}
                row |= {"lower": lower, "largest_auc": limit, "is_passed": lower <= limit}
                rows.append(row | {"protocol_hash": trial.protocol_hash()})
    return rows


def auc_lower(auc: float, events: int, others: int) -> float:
    """Return the 99.9 % lower limit of an AUC from so many events and others (Hanley and McNeil, Radiology 1982;143:29)."""
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    squares = auc * (1 - auc) + (events - 1) * (first - auc**2) + (others - 1) * (second - auc**2)
    return float(auc - norm.ppf(LEVEL_OF_PROOF) * np.sqrt(squares / (events * others)))


def auc_of_covariate(column: pd.Series, is_high: BoolArray) -> float:
    """Return how well a covariate alone tells the high outcomes from the others, 0.5 to 1.

    The better of two: its values where recorded, and whether it is recorded. The levels of a code are ranked by their share
    of high outcomes in every second row, and judged on the others, so that many levels do not look like knowledge.
    """
    values, levels = as_numbers(column)
    if values is None:
        return 0.5
    recorded = np.isfinite(values)
    found = [_auc(recorded.astype(float), is_high)]
    if levels:
        found += [_auc_of_levels(values[recorded], is_high[recorded])]
    else:
        found += [_auc(values[recorded], is_high[recorded])]
    return max(found)


def _course(trial: TargetTrial | SteppedTrial) -> tuple[str, ...]:
    """What is learnt at visits after time zero: known at a later decision, not at the first."""
    if isinstance(trial, TargetTrial):
        return ()
    return tuple(name for week in trial.decision_weeks for name in trial.columns_of_week(week))


def _told_apart(frame: pd.DataFrame, outcome: Outcome) -> tuple[BoolArray, BoolArray]:
    """Whose outcome is known (n,), and which of these is yes or above the median."""
    y, can_have = outcome_values(frame, outcome)
    kept = can_have & np.isfinite(y)
    middle = 0.5 if outcome.is_binary or not kept.any() else float(np.median(y[kept]))
    return kept, y[kept] > middle


def _auc(values: FloatArray, is_high: BoolArray) -> float:
    if min(is_high.sum(), (~is_high).sum()) < FEWEST_OF_A_KIND:
        return 0.5
    auc = float(roc_auc_score(is_high, values))
    return max(auc, 1 - auc)


def _auc_of_levels(codes: FloatArray, is_high: BoolArray) -> float:
    first = np.arange(len(codes)) % 2 == 0
    share = pd.Series(is_high[first]).groupby(codes[first]).mean()
    values = pd.Series(codes[~first]).map(share).fillna(float(is_high.mean())).to_numpy(dtype=float)
    return _auc(values, is_high[~first])
