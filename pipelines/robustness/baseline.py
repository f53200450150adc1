"""What the arms were like at time zero, before any weighting: rows of diagnostics.baseline, the table that reports call 'Table 1'.

STROBE item 14 and TARGET item 9. Tests of these differences are not made: with arms that were chosen they say nothing (STROBE).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.causal.features import FloatArray, IntArray, as_numbers
from pipelines.causal.population import Population
from pipelines.causal.protocol import TargetTrial

YES, OTHER = "yes", "other"
MEAN = ""
"""The level of a covariate that is described by its mean."""

FEWEST_OF_A_LEVEL = 11
"""Levels that fewer of an arm have are told together as 'other', so that no small count is in the table: the threshold of the
strictest profile of disclosure control."""


def baseline_rows(population: Population, trial: TargetTrial, fewest: int = FEWEST_OF_A_LEVEL) -> pd.DataFrame:
    """Return a row an arm, covariate and level: how many have the level, or mean and standard deviation where it is a number.

    Of those recorded. An arm with fewer episodes than the protocol compares has no row, and no covariate that nobody recorded.
    """
    arms = {name: population.arm == code for code, name in enumerate(trial.arms)}
    compared = {name: inside for name, inside in arms.items() if inside.sum() >= trial.minimum_per_arm}
    rows: list[dict[str, object]] = []
    for covariate in (name for name in trial.covariates if name in population.frame):
        values, levels = as_numbers(population.frame[covariate])
        if values is None or not np.isfinite(values).any():
            continue
        by_arm = {name: values[inside & np.isfinite(values)] for name, inside in compared.items()}
        if levels:
            told = _levels(by_arm, levels, fewest)
        elif np.isin(values[np.isfinite(values)], (0.0, 1.0)).all():
            told = [(name, _share(own, (1.0,), YES)) for name, own in by_arm.items()]
        else:
            told = [(name, _mean(own)) for name, own in by_arm.items()]
        rows += [
            {"trial": trial.id, "arm": name, "covariate": covariate, "n": int(compared[name].sum())} | said
            for name, said in told
        ]
    return pd.DataFrame(rows).assign(protocol_hash=trial.protocol_hash()) if rows else pd.DataFrame()


def _levels(by_arm: dict[str, FloatArray], levels: tuple[str, ...], fewest: int) -> list[tuple[str, dict[str, object]]]:
    """A row an arm and level; the smallest levels are pooled until nobody's arm has a few of any."""
    counts = np.array([[np.sum(own == code) for code in range(len(levels))] for own in by_arm.values()]).reshape(
        len(by_arm), len(levels)
    )
    by_size = np.argsort(counts.sum(axis=0), kind="stable")
    few = {int(code) for code in by_size if _has_few(counts[:, code], fewest)}
    pooled = [int(code) for code in by_size if code in few]
    further = [int(code) for code in by_size if code not in few]
    while pooled and further and _has_few(counts[:, pooled].sum(axis=1), fewest):
        pooled.append(further.pop(0))
    apart: list[tuple[str, tuple[float, ...]]] = [
        (levels[code], (float(code),)) for code in range(len(levels)) if code not in pooled
    ]
    if pooled:
        apart.append((OTHER, tuple(float(code) for code in pooled)))
    return [(name, _share(own, codes, level)) for name, own in by_arm.items() for level, codes in apart]


def _has_few(counts: IntArray, fewest: int) -> bool:
    return bool(np.any((counts > 0) & (counts < fewest)))


def _share(recorded: FloatArray, codes: tuple[float, ...], level: str) -> dict[str, object]:
    nothing = float("nan")
    n_with = int(np.isin(recorded, codes).sum())
    return {
        "level": level,
        "n_recorded": len(recorded),
        "n_with": n_with,
        "mean": nothing,
        "standard_deviation": nothing,
    }


def _mean(recorded: FloatArray) -> dict[str, object]:
    nothing = float("nan")
    return {
        "level": MEAN,
        "n_recorded": len(recorded),
        "n_with": nothing,
        "mean": float(recorded.mean()) if len(recorded) else nothing,
        "standard_deviation": float(recorded.std(ddof=1)) if len(recorded) > 1 else nothing,
    }
