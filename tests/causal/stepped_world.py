"""A clinic from day 0 to week 12, seen at weeks 2, 4 and 6, some manipulated between: regimes' values are known.

The severe improve less and are manipulated more; who is better stays away, is manipulated less and answers less. So who was ever
manipulated fares worse, and who was not by week 4 has been chosen, though manipulation helps whenever it is given.

Practitioners are drawn anew with their habits and skills: a value is the mean over all there could be, so that their
differences belong in its interval. With the same 40 in every data set a right interval would cover too often.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.causal.protocol import Outcome
from pipelines.causal.trials import STEPPED

WEEKS = (2, 4, 6)
PRACTITIONERS = 40
TRIAL = replace(
    STEPPED,
    covariates=("severity", "age"),
    first_visit_covariates=(),
    visit_covariates=("improvement_fraction", "attended_before"),
    outcomes=(Outcome("score", 12, "score", False, "points", 1.0),),
    learners=("linear",),
    repeats=1,
)


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _lived(n, seed, regime=None, practitioners=PRACTITIONERS):
    """The course of n people: as it went, or had everybody been treated by a regime; the same people and the same luck."""
    rng = np.random.default_rng(seed)
    practitioner = rng.integers(0, practitioners, n)
    habit, skill = rng.normal(0, 0.35, practitioners)[practitioner], rng.normal(0, 0.1, practitioners)[practitioner]
    severity, age = rng.normal(size=n), rng.uniform(20, 80, n)
    noise, uniform = rng.normal(size=(n, 5)), rng.uniform(size=(n, 9))
    at_once = uniform[:, 0] < _logistic(0.8 * severity + habit - 0.8)
    if regime is not None:
        at_once = np.full(n, regime.is_at_once)
    manipulated, better = at_once.copy(), 0.25 - 0.15 * severity + 0.12 * noise[:, 0]
    attended = np.ones(n)
    course = {"practitioner_key": [f"t{k}" for k in practitioner], "severity": severity, "age": age, "at_once": at_once}
    for index, week in enumerate(WEEKS):
        better = better + 0.08 * manipulated - 0.03 * severity + 0.10 * noise[:, index + 1]
        comes = uniform[:, 2 * index + 1] < _logistic(2.2 - 4 * better)
        decided = comes & ~manipulated
        adds = uniform[:, 2 * index + 2] < _logistic(-0.3 - 2.5 * better + 0.3 * severity + habit)
        if regime is not None:
            adds = np.full(n, week == regime.add_at_week) & (better < (regime.under_percent or 0) / 100)
        course |= {
            f"improvement_fraction_week{week}": np.where(comes, better, np.nan),
            f"attended_before_week{week}": np.where(comes, attended, np.nan),
            f"has_decision_week{week}": decided,
            f"adds_week{week}": decided & adds,
        }
        attended, manipulated = attended + comes, manipulated | (decided & adds)
    course["score"] = 2 * better - 0.2 * severity - 0.005 * (age - 50) + 0.15 * manipulated + skill + 0.4 * noise[:, 4]
    course["answers"] = uniform[:, 8] < _logistic(1.2 - 0.5 * severity + 0.2 * attended)
    return pd.DataFrame(course)


def draw(n, seed):
    """The frame of the stepped trial that such a clinic delivers."""
    lived = _lived(n, seed)
    frame = lived.drop(columns=["at_once", "answers", *(f"adds_week{week}" for week in WEEKS)]).assign(
        episode_key=[f"e{i:06d}" for i in range(n)],
        patient_key=[f"p{i:06d}" for i in range(n)],
        is_eligible=True,
        arm=np.where(lived["at_once"], "manipulation", "without_manipulation"),
        score=lived["score"].where(lived["answers"]),
    )
    for week in WEEKS:
        better = frame[f"improvement_fraction_week{week}"]
        arm = np.where(lived[f"adds_week{week}"], "add_manipulation", "continue_without")
        frame[f"arm_week{week}"] = np.where(better.notna(), arm, None)
        for percent in (20, 30, 50):
            frame[f"is_under_{percent}_percent_better_week{week}"] = (better < percent / 100).where(
                better.notna(), None
            )
    return frame


def true_values(n=400_000, seed=99):
    """The mean score had everybody been treated by each regime, and each by a practitioner of their own."""
    return {regime.name: float(_lived(n, seed, regime, practitioners=n)["score"].mean()) for regime in TRIAL.regimes}
