"""What is missing, by variable, arm and reason: rows of diagnostics.missing_data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.causal.features import BoolArray
from pipelines.causal.population import Population, outcome_values
from pipelines.causal.protocol import TargetTrial

ANY_REASON = "any"
COVARIATE, OUTCOME = "covariate", "outcome"


def missing_rows(population: Population, trial: TargetTrial, reasons: pd.DataFrame) -> pd.DataFrame:
    """Return a row an arm, variable and reason: the share of the arm's episodes in which the variable is missing.

    reasons: episode_key, variable, reason, of what is known to be missing and why; a variable without any there has its total
    only (reason 'any'). Covariates are counted in everybody, outcomes in those who can have them.
    """
    everybody = np.ones(len(population.arm), dtype=bool)
    parts = []
    for name in (name for name in trial.covariates if name in population.frame):
        is_missing = population.frame[name].isna().to_numpy(dtype=bool)
        parts.append(_of_variable(population, trial, name, COVARIATE, is_missing, everybody, reasons))
    for outcome in trial.outcomes:
        y, can_have = outcome_values(population.frame, outcome)
        parts.append(_of_variable(population, trial, outcome.column, OUTCOME, np.isnan(y), can_have, reasons))
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame()
    return pd.concat(filled, ignore_index=True).assign(protocol_hash=trial.protocol_hash())


def _of_variable(
    population: Population,
    trial: TargetTrial,
    name: str,
    role: str,
    is_missing: BoolArray,
    counted: BoolArray,
    reasons: pd.DataFrame,
) -> pd.DataFrame:
    of_variable = reasons[reasons["variable"] == name].set_index("episode_key")["reason"]
    said = population.frame["episode_key"].astype(str).map(of_variable).where(is_missing)
    rows = []
    for code, arm in enumerate(trial.arms):
        inside = counted & (population.arm == code)
        if not inside.any():
            continue
        counts = {ANY_REASON: int((inside & is_missing).sum())}
        counts |= said[inside].value_counts().sort_index(kind="stable").to_dict()
        rows += [
            {
                "trial": trial.id,
                "arm": arm,
                "variable": name,
                "role": role,
                "reason": str(reason),
                "share": count / inside.sum(),
                "n_missing": int(count),
                "n": int(inside.sum()),
            }
            for reason, count in counts.items()
        ]
    return pd.DataFrame(rows)
