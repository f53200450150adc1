"""Clinics at the decision, in RMDQ-24 points as the simulator's worlds have them: no effect, 1.6 for all, or the rule's few.

The worse off and those whose practitioner likes to are manipulated more, improve less and answer less. Practitioners are drawn
anew with habits and skills in every data set. Of the rule's few there are 8 %, as in the simulator. A patient's two outcomes share
their luck, so that effects on responders are known.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.causal.fixed_groups import FIXED_GROUPS
from pipelines.causal.protocol import Outcome
from pipelines.causal.trials import DECISION
from tests.causal.worlds import ADD, CONTINUE

MODIFIERS = ("pain_below_knee", "log_duration_days", "start_total", "age_midpoint_years")
R30D, RMDQ = "r30d_12wk", "rmdq24_12wk"
FLOOR = (("rmdq24", 4.0),)
TRIAL = replace(
    DECISION,
    eligibility=(),
    covariates=("rmdq24", "improvement_fraction", *MODIFIERS),
    grace_covariates=(),
    outcomes=(
        Outcome(R30D, 12, R30D, True, "risk difference", 0.10, None, FLOOR),
        Outcome(RMDQ, 12, RMDQ, False, "RMDQ-24 points", 2.0, None, FLOOR),
    ),
    groups=tuple(group for group in FIXED_GROUPS if group.column in MODIFIERS),
    modifiers=MODIFIERS,
    learners=("linear",),
    repeats=1,
)
RULE_POINTS, OTHER_POINTS = 5.0, 0.5


def no_effect(frame):
    """Manipulation changes nobody's course."""
    return np.zeros(len(frame))


def uniform(frame):
    """1.6 RMDQ points for all."""
    return np.full(len(frame), 1.6)


def rule_modifier(frame):
    """5 points with under 16 days and no pain below the knee, 0.5 for the others."""
    return np.where(is_of_the_rule(frame), RULE_POINTS, OTHER_POINTS)


def is_of_the_rule(frame):
    return (frame["log_duration_days"] < np.log1p(15.5)) & ~frame["pain_below_knee"]


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def lived(n, seed, points, practitioners):
    """Everybody with both outcomes: RMDQ-24 points of improvement without and with manipulation."""
    rng = np.random.default_rng(seed)
    treated_by = rng.integers(0, practitioners, n)
    habit, skill = rng.normal(0, 0.6, practitioners)[treated_by], rng.normal(0, 0.4, practitioners)[treated_by]
    is_acute = rng.random(n) < 0.255
    frame = pd.DataFrame(
        {
            "practitioner_key": [f"t{k:04d}" for k in treated_by],
            "clinic_code": [f"c{k % 8}" for k in treated_by],
            "rmdq24": np.clip(rng.normal(12, 4.5, n).round(), 4, 24),
            "improvement_fraction": np.clip(rng.normal(0.05, 0.15, n), -1, 0.29),
            "pain_below_knee": rng.random(n) < 0.675,
            "log_duration_days": np.log1p(
                np.where(is_acute, rng.integers(1, 16, n), np.exp(rng.normal(5, 1.2, n)).round())
            ),
            "start_total": rng.binomial(9, 0.45, n).astype(float),
            "age_midpoint_years": rng.choice(np.arange(22, 83, 5), n).astype(float),
        }
    )
    worse = (
        0.3 * (frame["start_total"] - 4) + 0.4 * (frame["log_duration_days"] - 4) - 3 * frame["improvement_fraction"]
    )
    course = 0.35 * frame["rmdq24"] - 0.8 * worse + skill + rng.normal(0, 4, n)
    gained = points(frame)
    return frame.assign(
        chosen=rng.random(n) < _logistic(-0.4 + 0.35 * worse + habit),
        answers=rng.random(n) < _logistic(1.4 - 0.25 * worse),
        without=np.minimum(course.round(), frame["rmdq24"]),
        with_it=np.minimum((course + gained).round(), frame["rmdq24"]),
    )


def draw(n, seed, points, practitioners=60):
    """The frame of the decision that such clinics deliver, of the trial `TRIAL`."""
    one = lived(n, seed, points, practitioners)
    improved = one["with_it"].where(one["chosen"], one["without"]).where(one["answers"])
    keys = [f"e{i:06d}" for i in range(n)]
    return one.drop(columns=["chosen", "answers", "without", "with_it"]).assign(
        episode_key=keys,
        patient_key=keys,
        is_eligible=True,
        arm=np.where(one["chosen"], ADD, CONTINUE),
        contraindication="none",
        is_screening_complete=True,
        **{RMDQ: improved, R30D: (improved >= 0.3 * one["rmdq24"]).astype(float).where(improved.notna())},
    )


def true_effects(points, n=400_000, seed=99):
    """The effect of manipulation on the share of responders and on RMDQ-24, in the population of patients and practitioners."""
    one = lived(n, seed, points, practitioners=n)
    share = [(one[name] >= 0.3 * one["rmdq24"]).mean() for name in ("with_it", "without")]
    return {R30D: share[0] - share[1], RMDQ: (one["with_it"] - one["without"]).mean()}
