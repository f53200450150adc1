"""The first 14 days: what was planned is given at once or at the next visit, and who gets better early does not come to it.

By what happened, the early improvers are in the lighter arms. Practitioners are drawn anew in every data set.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.causal.protocol import Outcome
from pipelines.causal.trials import INDEX

REST, EXERCISE, MANIPULATION = INDEX.arms
TRIAL = replace(
    INDEX,
    eligibility=(),
    outcomes=(Outcome("score", 12, "score", False, "points", 0.5),),
    covariates=("severity",),
    observation_covariates=(),
    grace_covariates=("pain_at_visit", "had_exercise_before_visit"),
    groups=(),
    difference_outcomes=(),
    modifiers=(),
    learners=("linear",),
    repeats=1,
)
EXERCISE_POINTS, MANIPULATION_POINTS = 0.3, 0.5


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _lived(n, seed, strategy=None, practitioners=40, later=-0.6):
    """Two visits of each: as it went, or had everybody followed a strategy as it can be carried out."""
    rng = np.random.default_rng(seed)
    practitioner, severity = rng.integers(0, practitioners, n), rng.normal(size=n)
    habit, skill = rng.normal(0, 0.3, practitioners)[practitioner], rng.normal(0, 0.15, practitioners)[practitioner]
    noise, uniform = rng.normal(size=(n, 2)), rng.uniform(size=(n, 6))
    manipulated = uniform[:, 0] < _logistic(-1.4 + 0.4 * severity + habit)
    exercised = uniform[:, 1] < _logistic(-0.4 + 0.3 * severity)
    if strategy in (REST, EXERCISE):
        manipulated = np.zeros(n, dtype=bool)
    if strategy == REST:
        exercised = np.zeros(n, dtype=bool)
    exercised &= ~manipulated
    better = 0.2 - 0.2 * severity + 0.1 * exercised + noise[:, 0]
    returns = uniform[:, 2] < _logistic(0.8 - 2.0 * better)
    manipulated_later = uniform[:, 3] < _logistic(later - 0.8 * better + 0.3 * severity - 0.4 * exercised + habit)
    exercised_later = uniform[:, 4] < _logistic(0.2 - 0.5 * better + 0.6 * exercised)
    if strategy is not None:
        manipulated_later = np.full(n, strategy == MANIPULATION)
        exercised_later = np.full(n, strategy == EXERCISE)
    manipulated_later &= returns & ~manipulated
    exercised_later &= returns & ~manipulated_later & ~manipulated
    any_exercise, any_manipulation = exercised | exercised_later, manipulated | manipulated_later
    score = better - 0.4 * severity + skill + 0.5 * noise[:, 1]
    score = score + EXERCISE_POINTS * any_exercise + MANIPULATION_POINTS * any_manipulation
    return pd.DataFrame(
        {"practitioner": practitioner, "severity": severity, "better": better, "returns": returns, "score": score,
         "answers": uniform[:, 5] < _logistic(1.5 - 0.5 * severity),
         "first": _treatment(manipulated, exercised), "later": _treatment(manipulated_later, exercised_later),
         "arm": _treatment(any_manipulation, any_exercise)}
    )  # fmt: skip


def _treatment(is_manipulated, is_exercised):
    return np.select([is_manipulated, is_exercised], [MANIPULATION, EXERCISE], REST)


def draw(n, seed, later=-0.6):
    """The frame of the trial, assigned by what happened in the 14 days, and its visits; `later`: log odds of manipulation then."""
    lived = _lived(n, seed, later=later)
    keys = np.array([f"e{i:06d}" for i in range(n)])
    frame = pd.DataFrame(
        {"episode_key": keys, "patient_key": keys, "practitioner_key": [f"t{k}" for k in lived["practitioner"]],
         "is_eligible": True, "arm": lived["arm"], "severity": lived["severity"],
         "score": lived["score"].where(lived["answers"])}
    )  # fmt: skip
    at_time_zero = pd.DataFrame(
        {"episode_key": keys, "visit_no": 0, "pain_at_visit": lived["severity"], "had_exercise_before_visit": False,
         "treatment": lived["first"]}
    )  # fmt: skip
    again = lived[lived["returns"]]
    next_visit = pd.DataFrame(
        {"episode_key": keys[lived["returns"]], "visit_no": 1, "pain_at_visit": -again["better"],
         "had_exercise_before_visit": again["first"] == EXERCISE, "treatment": again["later"]}
    )  # fmt: skip
    return frame, pd.concat([at_time_zero, next_visit], ignore_index=True)


def true_differences(n=1_000_000, seed=99):
    """The mean score under one strategy less that under another, as they can be carried out, by contrast."""
    means = {arm: float(_lived(n, seed, arm, practitioners=n)["score"].mean()) for arm in INDEX.arms}
    return {pair: means[pair[0]] - means[pair[1]] for pair in INDEX.contrasts}
