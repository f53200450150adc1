"""Step-up care with drop-out: rest first, manipulation for those who are not better at week 4; who is better stays away.

The severe are manipulated at once more often, and improve less: who was ever manipulated fares worse, though manipulation helps.
Practitioners are drawn anew, with their habits and skills, in every data set.
"""

import numpy as np
import pandas as pd

PRACTITIONERS = 40


def _draw(n, seed, practitioners=PRACTITIONERS):
    rng = np.random.default_rng(seed)
    practitioner = rng.integers(0, practitioners, n)
    habit, skill = rng.normal(0, 0.35, practitioners)[practitioner], rng.normal(0, 0.1, practitioners)[practitioner]
    severity, age = rng.normal(size=n), rng.uniform(20, 80, n)
    noise = rng.normal(size=(n, 2))
    uniform = rng.uniform(size=(n, 5))
    return practitioner, habit, skill, severity, age, noise, uniform


def _improved(first, severity, noise):
    return 0.4 - 0.6 * severity + 0.4 * first + 0.7 * noise


def _outcome(first, second, improved, severity, age, skill, noise):
    return 0.5 * improved - 0.3 * severity - 0.005 * (age - 50) + 0.1 * first + 0.25 * second + skill + 0.5 * noise


def _returns(improved, uniform):
    return uniform < 1 / (1 + np.exp(2 * improved - 1.5))


def draw(n, seed):
    """A frame a clinic could deliver: what was known early and late, what was done, the answer or NaN."""
    practitioner, habit, skill, severity, age, noise, uniform = _draw(n, seed)
    first = (uniform[:, 0] < 1 / (1 + np.exp(-(0.8 * severity + habit - 0.3)))).astype(int)
    improved = _improved(first, severity, noise[:, 0])
    has_returned = _returns(improved, uniform[:, 1])
    decided = has_returned & (first == 0)
    adds = uniform[:, 2] < 1 / (1 + np.exp(-(0.3 - 1.5 * improved + 0.5 * severity + habit)))
    second = (decided & adds).astype(int)
    y = _outcome(first, second, improved, severity, age, skill, noise[:, 1])
    answers = uniform[:, 3] < 1 / (1 + np.exp(-(1.2 - 0.6 * severity + 0.5 * has_returned)))
    return pd.DataFrame(
        {
            "practitioner": [f"t{k}" for k in practitioner],
            "severity": severity,
            "age": age,
            "first": np.where(first, "manipulation", "rest"),
            "has_returned": has_returned,
            "improved": np.where(has_returned, improved, np.nan),
            "decided": decided,
            "second": np.where(second, "add", "continue"),
            "y": np.where(answers, y, np.nan),
        }
    )


LEAST_IMPROVEMENT = 0.3


def true_values(n=2_000_000, seed=99):
    """The mean outcome had everybody been treated by each regime, the same people and the same luck, a practitioner each."""
    _, _, skill, severity, age, noise, uniform = _draw(n, seed, practitioners=n)
    values = {}
    for name, at_once, adds in (("at once", 1, False), ("step up", 0, True), ("never", 0, False)):
        first = np.full(n, at_once)
        improved = _improved(first, severity, noise[:, 0])
        second = adds & _returns(improved, uniform[:, 1]) & (improved < LEAST_IMPROVEMENT)
        values[name] = _outcome(first, second, improved, severity, age, skill, noise[:, 1]).mean()
    return values
