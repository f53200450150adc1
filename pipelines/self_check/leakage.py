"""A covariate that holds the future: what predicts an outcome too well from what is said to have been known before it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.causal.features import BoolArray
from pipelines.causal.leaks import FEWEST_OF_A_KIND, auc_lower, auc_of_covariate
from pipelines.causal.population import outcome_values, select_population
from pipelines.causal.protocol import Outcome, SteppedTrial, TargetTrial
from pipelines.prognosis.protocol import CONSERVATIVE_CARE

LARGEST_AUC = CONSERVATIVE_CARE.largest_auc
"""From what was known on day 0, an AUC of 0.60 to 0.75 of a 12-week response is honest; above this one the future leaked in."""

LARGEST_AUC_OF_THE_COURSE = 0.95
"""At a later visit the course so far tells more: who is better by week 4 mostly stays so (0.83 to 0.90 in simulated groups). The
outcome itself, copied into such a column, reaches 1."""

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
