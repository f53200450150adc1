"""Days to improvement that depend on severity, as do the treatment and who is lost: the unadjusted curve is wrong."""

import numpy as np
import pandas as pd

from tests.causal.worlds import ADD, CONTINUE, trial_with

HORIZON = 84
TRIAL = trial_with(covariates=("severity", "age"))


def _rates(severity, age, is_treated, skill, log_ratio):
    improving = np.exp(-4.3 - 0.7 * severity + 0.008 * (age - 50) + log_ratio * is_treated + skill)
    competing = 0.0015 * np.exp(0.4 * severity)
    return improving, competing


def draw(n, seed, *, log_ratio=0.5, confounding=0.9, lost=0.8, practitioners=25):
    """A trial's frame and its courses; `confounding` and `lost` say how severity decides the arm and the loss."""
    rng = np.random.default_rng(seed)
    severity, age = rng.normal(size=n), rng.uniform(20, 80, n)
    treated_by = rng.integers(0, practitioners, n)
    habit, skill = rng.normal(0, 0.4, practitioners), rng.normal(0, 0.15, practitioners)
    is_treated = rng.random(n) < 1 / (1 + np.exp(-(confounding * severity + habit[treated_by])))
    improving, competing = _rates(severity, age, is_treated, skill[treated_by], log_ratio)
    first, other = rng.exponential(1 / improving), rng.exponential(1 / competing)
    loss = rng.exponential(1 / (0.008 * np.exp(lost * severity)))
    day = np.minimum(np.minimum(first, other), loss)
    event = np.where(day == loss, "censored", np.where(day == first, "improved", "injection_or_surgery"))
    keys = [f"e{i:06d}" for i in range(n)]
    frame = pd.DataFrame(
        {
            "episode_key": keys,
            "patient_key": [f"p{i:06d}" for i in range(n)],
            "practitioner_key": [f"t{k:03d}" for k in treated_by],
            "clinic_code": [f"c{k % 4}" for k in treated_by],
            "is_eligible": True,
            "arm": np.where(is_treated, ADD, CONTINUE),
            "severity": severity,
            "age": age,
        }
    )
    # A day's end is the first whole day; nobody is lost on a day on which the next one improves.
    whole = np.where(event == "censored", np.floor(day), np.ceil(day)).astype(int)
    return frame, pd.DataFrame({"episode_key": keys, "event": event, "days_to_event": whole})


def true_share(is_treated, day, *, log_ratio=0.5, n=400_000, seed=99):
    """The share improved by a day had everybody had the arm and nobody been lost."""
    rng = np.random.default_rng(seed)
    severity, age, skill = rng.normal(size=n), rng.uniform(20, 80, n), rng.normal(0, 0.15, n)
    improving, competing = _rates(severity, age, is_treated, skill, log_ratio)
    both = improving + competing
    return float(np.mean(improving / both * (1 - np.exp(-both * day))))
