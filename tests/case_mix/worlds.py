"""Clinics whose truth is known: patients differ between clinics, and one clinic may do worse than its patients explain."""

import numpy as np
import pandas as pd

from pipelines.case_mix.adjusters import ADJUSTERS


def clinics(
    *,
    n_clinics: int = 12,
    n_each: int = 250,
    harm: float = 0.0,
    harmed: str = "C00",
    severity_of_one: float = 0.0,
    seed: int = 1,
) -> pd.DataFrame:
    """Due episodes: the chance to respond falls with the baseline; in clinic `harmed` the logit is lower by `harm`, and its
    patients are worse at the start by `severity_of_one` standard deviations."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(n_clinics):
        code = f"C{number:02d}"
        severity = rng.normal(severity_of_one if code == harmed else 0.0, 1.0, n_each)
        logit = 0.3 - 0.9 * severity - (harm if code == harmed else 0.0)
        is_response = (rng.random(n_each) < 1 / (1 + np.exp(-logit))).astype(float)
        answered = rng.random(n_each) < 0.8
        frame = pd.DataFrame(
            {
                "clinic_code": code,
                "index_period": [f"2026-Q{1 + at % 4}" for at in range(n_each)],
                "has_answered": answered,
                "is_r30d": np.where(answered, is_response, np.nan),
                "is_worse": np.where(answered, (rng.random(n_each) < 0.15).astype(float), np.nan),
                "odi_improvement_points": np.where(
                    answered, 12 - 4 * severity + rng.gamma(2.0, 6.0, n_each) - 12, np.nan
                ),
                "has_dropped_out": (rng.random(n_each) < 0.25).astype(float),
                "rmdq24_improvement_points": np.nan,
                "leg_pain_improvement_points": np.nan,
            }
        )
        for name in ADJUSTERS:
            frame[name] = severity if name == "baseline_disability_percent" else rng.normal(size=n_each)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)
