"""A decision with 14 days of grace: who gets better after time zero's visit stays away, and is not manipulated any more.

Manipulation is given at time zero's visit or put off to the next one. By what happened, the early improvers are 'continue'.
Practitioners are drawn anew, with their habits and skills, in every data set.
"""

import numpy as np
import pandas as pd

from pipelines.causal.protocol import Outcome
from pipelines.causal.trials import DECISION
from tests.causal.worlds import ADD, CONTINUE, trial_with

TRIAL = trial_with(
    outcomes=(Outcome("score", 12, "score", False, "points", 0.5),),
    covariates=("severity",),
    grace_covariates=("pain_at_visit", "days_since_time_zero"),
    grace_strategies=DECISION.grace_strategies,
)


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _lived(n, seed, effect, strategy=None, practitioners=40):
    rng = np.random.default_rng(seed)
    practitioner, severity = rng.integers(0, practitioners, n), rng.normal(size=n)
    habit, skill = rng.normal(0, 0.28, practitioners)[practitioner], rng.normal(0, 0.14, practitioners)[practitioner]
    noise, uniform = rng.normal(size=(n, 2)), rng.uniform(size=(n, 6))
    first = uniform[:, 0] < _logistic(-0.8 + 0.5 * severity + habit)
    if strategy == CONTINUE:
        first = np.zeros(n, dtype=bool)
    better = 0.2 - 0.2 * severity + noise[:, 0]
    returns = uniform[:, 1] < _logistic(0.8 - 2.0 * better)
    later = uniform[:, 2] < _logistic(0.2 - 0.8 * better + 0.3 * severity + habit)
    if strategy is not None:
        later = np.full(n, strategy == ADD)
    manipulated = first | (returns & later)
    score = better - 0.4 * severity + effect * manipulated + skill + 0.5 * noise[:, 1]
    answers = uniform[:, 3] < _logistic(1.5 - 0.5 * severity)
    return pd.DataFrame(
        {"practitioner": practitioner, "severity": severity, "first": first, "better": better, "returns": returns,
         "later": later, "manipulated": manipulated, "score": score, "answers": answers, "luck": uniform[:, 4]}
    )  # fmt: skip


def draw(n, seed, effect):
    """The frame of the trial, assigned by what happened in the grace period, and its visits."""
    lived = _lived(n, seed, effect)
    keys = np.array([f"e{i:06d}" for i in range(n)])
    frame = pd.DataFrame(
        {
            "episode_key": keys,
            "patient_key": keys,
            "practitioner_key": [f"t{k}" for k in lived["practitioner"]],
            "is_eligible": True,
            "arm": np.where(lived["manipulated"], ADD, CONTINUE),
            "severity": lived["severity"],
            "score": lived["score"].where(lived["answers"]),
        }
    )
    at_time_zero = pd.DataFrame(
        {"episode_key": keys, "visit_no": 0, "days_since_time_zero": 0, "pain_at_visit": lived["severity"],
         "treatment": np.where(lived["first"], "manipulation", "exercise")}
    )  # fmt: skip
    back = lived["returns"]
    is_added = (lived["later"] & ~lived["first"])[back]
    next_visit = pd.DataFrame(
        {"episode_key": keys[back], "visit_no": 1, "days_since_time_zero": (1 + 13 * lived["luck"][back]).round(),
         "pain_at_visit": -lived["better"][back], "treatment": np.where(is_added, "manipulation", "exercise")}
    )  # fmt: skip
    return frame, pd.concat([at_time_zero, next_visit], ignore_index=True)


def true_difference(effect, n=1_000_000, seed=99):
    """The mean score had everybody been treated by `add` less that under `continue`."""
    means = [_lived(n, seed, effect, strategy, practitioners=n)["score"].mean() for strategy in (ADD, CONTINUE)]
    return float(means[0] - means[1])
