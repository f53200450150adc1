"""Episodes of clinics in which everybody's probability of improving under conservative care is known."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.prognosis.protocol import CONSERVATIVE_CARE

LINEAR = replace(CONSERVATIVE_CARE, learners=("linear",), folds=3)


def sigmoid(linear):
    return 1 / (1 + np.exp(-linear))


def clinics_world(n=2000, seed=1, *, n_clinics=4, habit=0.0):
    """Return the index trial's frame and everybody's probability (n,) of improving without manipulation.

    Practitioners who manipulate more have, times `habit`, patients who do better without it; longer pain, a high STarT total and
    low expectations make improving less likely; who is worse off answers less.
    """
    rng = np.random.default_rng(seed)
    practitioner = rng.integers(0, 6 * n_clinics, n)
    liking = rng.normal(size=6 * n_clinics)[practitioner]
    days = rng.gamma(1.2, 80, n).round()
    total = rng.integers(0, 10, n).astype(float)
    expectation = rng.integers(0, 11, n).astype(float)
    linear = 0.6 - 0.35 * (np.log1p(days) - 4) - 0.2 * (total - 4.5) + 0.12 * (expectation - 5) + habit * liking
    truth = sigmoid(linear)
    improved = (rng.uniform(size=n) < truth).astype(float)
    is_conservative = rng.uniform(size=n) < sigmoid(0.3 - 1.2 * liking)
    improved[~is_conservative] = rng.integers(0, 2, n)[~is_conservative]
    improved[rng.uniform(size=n) < sigmoid(-2.0 + 0.15 * total)] = np.nan
    frame = pd.DataFrame(
        {
            "episode_key": [f"e{k:05d}" for k in rng.permutation(n)],
            "patient_key": [f"p{k:05d}" for k in range(n)],
            "clinic_code": [f"C{k // 6:03d}" for k in practitioner],
            "practitioner_key": [f"t{k}" for k in practitioner],
            "arm": "exercise",
            "is_eligible": True,
            "is_due_12wk": True,
            "is_conservative_12wk": is_conservative,
            "rmdq24": rng.integers(4, 24, n).astype(float),
            "odi_pct": np.nan,
            "log_duration_days": np.log1p(days),
            "episode_duration_days": days,
            "start_total": total,
            "start_risk": np.select([total <= 3, total <= 6], ["low", "medium"], "high"),
            "expect_recovery": np.where(rng.uniform(size=n) < 0.1, np.nan, expectation),
            "leg_pain_points": rng.integers(0, 11, n).astype(float),
            "comorb_depression_anxiety": rng.uniform(size=n) < 0.2,
            "flynn_n_pos": rng.integers(0, 6, n),
            "r30d_12wk": improved,
        }
    )
    return frame, truth
