"""Small worlds with known effects for tests of the statistics, and the shared clinic world loaded in place."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.protocol import Outcome, TargetTrial

SHARED = Path(os.environ.get("STEPCARE_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
ADD, CONTINUE = "add_manipulation", "continue_without"

TRIAL = TargetTrial(
    id="decision",
    question="add manipulation or continue without?",
    time_zero="the first attended visit of days 28 to 41",
    eligibility=(),
    arms=(CONTINUE, ADD),
    contrasts=((ADD, CONTINUE),),
    outcomes=(Outcome("pain_12wk", 12, "pain_12wk", False, "NPRS points", 1.0),),
    grace_period_days=14,
    covariates=("severity", "age", "is_smoker", "work"),
    arms_with_manipulation=(ADD,),
    learners=("linear",),
    repeats=1,
)


def linear_clinic(
    n: int,
    seed: int,
    *,
    effect: float = 1.0,
    practitioners: int = 20,
    habit_spread: float = 0.5,
    skill_spread: float = 0.5,
    skill_follows_habit: bool = False,
) -> pd.DataFrame:
    """Return episodes whose treatment depends on severity and the practitioner's habit; `effect` holds for all."""
    generator = np.random.default_rng(seed)
    severity, age = generator.normal(size=n), generator.normal(50, 12, n)
    treated_by = generator.integers(0, practitioners, n)
    habit = generator.normal(0, habit_spread, practitioners)
    skill = (
        skill_spread / habit_spread * habit if skill_follows_habit else generator.normal(0, skill_spread, practitioners)
    )
    is_treated = generator.random(n) < 1 / (1 + np.exp(-(0.6 * severity + habit[treated_by])))
    noise = generator.normal(0, 1.5, n)
    improvement = 2 - 1.5 * severity + 0.01 * (age - 50) + effect * is_treated + skill[treated_by] + noise
    return pd.DataFrame(
        {
            "episode_key": [f"e{i:06d}" for i in range(n)],
            "patient_key": [f"p{i:06d}" for i in range(n)],
            "practitioner_key": [f"t{k:03d}" for k in treated_by],
            "clinic_code": [f"c{k % 4}" for k in treated_by],
            "is_eligible": True,
            "arm": np.where(is_treated, ADD, CONTINUE),
            "severity": severity,
            "age": np.where(generator.random(n) < 0.1, np.nan, age),
            "is_smoker": np.where(generator.random(n) < 0.3, generator.random(n) < 0.5, None),
            "work": np.where(generator.random(n) < 0.2, None, np.where(age > 50, "seated", "manual")),
            "pain_12wk": improvement,
            "contraindication": "none",
            "is_screening_complete": True,
        }
    )


def trial_with(**changes: object) -> TargetTrial:
    """Return the test trial with some fields changed."""
    return replace(TRIAL, **changes)


@pytest.fixture(scope="session")
def clinic_world() -> ModuleType:
    """Return the shared clustered clinic world; skip where the shared folder is absent."""
    path = SHARED / "worlds" / "clustered_clinic.py"
    if not path.exists():
        pytest.skip(f"the shared clinic world is absent (set STEPCARE_SHARED): {path.name}")
    spec = importlib.util.spec_from_file_location("clustered_clinic", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
