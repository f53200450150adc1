"""What the arms were like at time zero, before any weighting: rows of diagnostics.baseline, the table that reports call 'Table 1'.

STROBE item 14 and TARGET item 9. Tests of these differences are not made: with arms that were chosen they say nothing (STROBE).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.causal.features import FloatArray, as_numbers
from pipelines.causal.population import Population
from pipelines.causal.protocol import TargetTrial

YES = "yes"
MEAN = ""
"""The level of a covariate that is described by its mean."""


def baseline_rows(population: Population, trial: TargetTrial) -> pd.DataFrame:
    """Return a row an arm, covariate and level: how many have the level, or mean and standard deviation where it is a number.

    Of those recorded. An arm with fewer episodes than the protocol compares has no row, and no covariate that nobody recorded.
    """
    rows: list[dict[str, object]] = []
    for name in (name for name in trial.covariates if name in population.frame):
        values, levels = as_numbers(population.frame[name])
        if values is None or not np.isfinite(values).any():
            continue
        for code, arm in enumerate(trial.arms):
            inside = population.arm == code
            if inside.sum() < trial.minimum_per_arm:
                continue
            place = {"trial": trial.id, "arm": arm, "covariate": name, "n": int(inside.sum())}
            rows += [place | described for described in _described(values[inside], levels, _is_yes_or_no(values))]
    return pd.DataFrame(rows).assign(protocol_hash=trial.protocol_hash()) if rows else pd.DataFrame()


def _is_yes_or_no(values: FloatArray) -> bool:
    return bool(np.isin(values[np.isfinite(values)], (0.0, 1.0)).all())


def _described(values: FloatArray, levels: tuple[str, ...], is_yes_or_no: bool) -> list[dict[str, object]]:
    recorded = values[np.isfinite(values)]
    if levels:
        return [_share(recorded, float(code), level) for code, level in enumerate(levels)]
    if is_yes_or_no:
        return [_share(recorded, 1.0, YES)]
    nothing = float("nan")
    return [
        {
            "level": MEAN,
            "n_recorded": len(recorded),
            "n_with": nothing,
            "mean": float(recorded.mean()) if len(recorded) else nothing,
            "standard_deviation": float(recorded.std(ddof=1)) if len(recorded) > 1 else nothing,
        }
    ]


def _share(recorded: FloatArray, value: float, level: str) -> dict[str, object]:
    return {
        "level": level,
        "n_recorded": len(recorded),
        "n_with": int((recorded == value).sum()),
        "mean": float("nan"),
        "standard_deviation": float("nan"),
    }
