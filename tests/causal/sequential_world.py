"""Decisions at weeks 2, 4 and 6 of the same episodes, whose patients keep their luck: effects of each decision are known."""

import numpy as np
import pandas as pd

from pipelines.causal.protocol import Outcome
from tests.causal.worlds import ADD, CONTINUE, trial_with

WEEKS = (2, 4, 6)
TRIAL = trial_with(
    outcomes=(Outcome("score", 12, "score", False, "points", 0.5),), covariates=("severity", "pain_at_time_zero")
)


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _lived(n, seed, effect, forced_week=None, adds=False):
    """Each week's decision and the score; from `forced_week` on as it goes after that week's decision was `adds`."""
    rng = np.random.default_rng(seed)
    practitioner = rng.integers(0, 40, n)
    severity, luck = rng.normal(size=n), rng.normal(size=n)
    noise, uniform = rng.normal(size=(n, 4)), rng.uniform(size=(n, 7))
    manipulated, pain, weeks = np.zeros(n, dtype=bool), 5 + severity + luck, []
    for index, week in enumerate(WEEKS):
        pain = pain - 0.3 - effect * manipulated / 3 + 0.6 * noise[:, index]
        decides = ~manipulated & (uniform[:, index] < _logistic(0.5 * (pain - 4)))
        chosen = uniform[:, 3 + index] < _logistic(-1.2 + 0.4 * (pain - 4) + 0.5 * np.cos(practitioner))
        if week == forced_week:
            chosen = np.full(n, adds)
        weeks.append(pd.DataFrame({"week": week, "decides": decides, "adds": decides & chosen, "pain": pain}))
        manipulated = manipulated | (decides & chosen)
    score = 5 - pain + effect * manipulated + 0.3 * np.sin(practitioner) + 0.5 * noise[:, 3]
    answers = uniform[:, 6] < 0.85
    return practitioner, severity, weeks, score, answers


def draw(n, seed, effect):
    """The frame of what does not change, and a row a decision."""
    practitioner, severity, weeks, score, answers = _lived(n, seed, effect)
    keys = np.array([f"e{i:06d}" for i in range(n)])
    frame = pd.DataFrame(
        {"episode_key": keys, "patient_key": keys, "severity": severity, "score": np.where(answers, score, np.nan)}
    )
    decisions = []
    for one in weeks:
        rows = one["decides"].to_numpy()
        decisions.append(
            pd.DataFrame(
                {
                    "episode_key": keys[rows],
                    "week": one["week"][rows],
                    "arm": np.where(one["adds"][rows], ADD, CONTINUE),
                    "is_eligible": True,
                    "practitioner_key": [f"t{k}" for k in practitioner[rows]],
                    "pain_at_time_zero": one["pain"][rows],
                }
            )
        )
    return frame, pd.concat(decisions, ignore_index=True)


def true_effect(effect, n=300_000, seed=99):
    """The mean, over all decisions that were taken, of the score had it been `add` less had it been `continue`."""
    differences = []
    natural = _lived(n, seed, effect)[2]
    for index, week in enumerate(WEEKS):
        took = natural[index]["decides"].to_numpy()
        with_it, without = (_lived(n, seed, effect, week, adds)[3] for adds in (True, False))
        differences.append((with_it - without)[took])
    return float(np.concatenate(differences).mean())
