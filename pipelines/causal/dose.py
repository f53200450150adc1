"""Dose as target trials among those manipulated in the first 14 days, and the dose that must not be estimated.

What is started in the first 14 days is a plan; the number of sessions in 12 weeks is a result of the course: who improves
stops coming. The first is estimated where there is overlap, the second is refused always and only described.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.causal.effects import estimate_trial
from pipelines.causal.protocol import Criterion, TargetTrial, contrast_name
from pipelines.causal.tables import EFFECT_COLUMNS, as_table
from pipelines.causal.trials import INDEX, TWELVE_WEEK_OUTCOMES

_MANIPULATED = Criterion("not_manipulated_by_day14", "Manipulated in the first 14 days", "nothing was manipulated then")
_ONE_TECHNIQUE = Criterion("several_techniques", "One technique only", "several techniques were used")
_OUTCOMES = tuple(outcome for outcome in TWELVE_WEEK_OUTCOMES if not outcome.is_secondary)

_DESCRIBED_ONLY = replace(
    INDEX,
    strategies=(),
    grace_covariates=(),
    grace_strategies=(),
    arms_with_manipulation=(),
    groups=(),
    difference_outcomes=(),
    modifiers=(),
)
"""The index trial without what is asked of manipulation against other care: no clones, no groups and no rule of dose."""

TECHNIQUE = replace(
    _DESCRIBED_ONLY,
    id="dose_technique",
    question="Among those manipulated in the first 14 days: thrust, non-thrust mobilisation or an instrument?",
    eligibility=(*INDEX.eligibility, _MANIPULATED, _ONE_TECHNIQUE),
    arms=("thrust", "nonthrust_mobilisation", "instrument"),
    contrasts=(
        ("thrust", "nonthrust_mobilisation"),
        ("thrust", "instrument"),
        ("nonthrust_mobilisation", "instrument"),
    ),
    outcomes=_OUTCOMES,
)
EARLY_SESSIONS = replace(
    _DESCRIBED_ONLY,
    id="dose_sessions",
    question="Among those manipulated in the first 14 days: one, two, or three or more sessions in these days?",
    eligibility=(*INDEX.eligibility, _MANIPULATED),
    arms=("one_session", "two_sessions", "three_or_more_sessions"),
    contrasts=(("two_sessions", "one_session"), ("three_or_more_sessions", "two_sessions")),
    outcomes=_OUTCOMES,
)
SESSIONS_IN_12_WEEKS = replace(
    _DESCRIBED_ONLY,
    id="dose_sessions_12wk",
    question="1 to 3, 4 to 6, or 7 or more sessions in 12 weeks?",
    eligibility=INDEX.eligibility,
    arms=("1_to_3_sessions", "4_to_6_sessions", "7_or_more_sessions"),
    contrasts=(("4_to_6_sessions", "1_to_3_sessions"), ("7_or_more_sessions", "4_to_6_sessions")),
    outcomes=_OUTCOMES,
)
DOSE_TRIALS = {"technique_by_day14": TECHNIQUE, "sessions_by_day14": EARLY_SESSIONS}
"""The column of cohort.dose that is the arm, and the trial."""

WHY_NOT_12_WEEKS = (
    "The number of sessions in 12 weeks follows from the course: who improves stops coming, who does not comes again. "
    "It is described, and no effect can be read from it."
)


def dose_effects(
    frame: pd.DataFrame, dose: pd.DataFrame, on_progress: Callable[[str], None] | None = None
) -> pd.DataFrame:
    """Return the rows of estimates.dose_effects: the contrasts of dose, estimated or refused with a reason.

    `frame` is that of the index trial (see `effects.estimate_trial`), `dose` has episode_key and the columns of
    `DOSE_TRIALS`. Only episodes of the index trial's arm of manipulation are compared. Raises ValueError as
    `effects.estimate_trial`.
    """
    manipulated = frame[frame["arm"] == "manipulation"].drop(columns="arm")
    parts = []
    for column, trial in DOSE_TRIALS.items():
        arms = dose[["episode_key", column]].rename(columns={column: "arm"})
        parts.append(estimate_trial(manipulated.merge(arms, on="episode_key"), trial, on_progress).effects)
    return as_table([*parts, _refused(SESSIONS_IN_12_WEEKS, WHY_NOT_12_WEEKS)], EFFECT_COLUMNS)


def _refused(trial: TargetTrial, reason: str) -> pd.DataFrame:
    """Return a row an outcome and contrast of a trial that is refused whatever the data."""
    empty = dict.fromkeys(
        ("estimate", "lower", "upper", "effective_n", "clipped_share", "largest_imbalance", "overlap_share"), np.nan
    )
    return pd.DataFrame(
        [
            {
                "trial": trial.id,
                "outcome": outcome.name,
                "contrast": contrast_name(*pair),
                "group_name": "all",
                "group_level": "all",
                "n": 0,
                "n_treated": 0,
                "n_comparator": 0,
                "status": "refused",
                "reason": reason,
                "protocol_hash": trial.protocol_hash(),
            }
            | empty
            for outcome in trial.outcomes
            for pair in trial.contrasts
        ]
    )
