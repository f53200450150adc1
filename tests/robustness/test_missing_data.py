"""What is missing by variable, arm and reason, counted by hand."""

import numpy as np
import pandas as pd

from pipelines.causal.population import select_population
from pipelines.causal.protocol import Outcome
from pipelines.robustness.missing_data import missing_rows
from tests.causal.worlds import ADD, CONTINUE, trial_with

OUTCOME = Outcome("pain_12wk", 12, "pain_12wk", False, "NPRS points", 1.0, None, (("baseline", 3.0),))
TRIAL = trial_with(outcomes=(OUTCOME,), covariates=("age", "work"))
FRAME = pd.DataFrame(
    {
        "episode_key": ["a", "b", "c", "d"],
        "patient_key": ["a", "b", "c", "d"],
        "is_eligible": True,
        "arm": [ADD, ADD, CONTINUE, CONTINUE],
        "age": [50.0, np.nan, np.nan, 40.0],
        "work": ["seated"] * 4,
        "baseline": [5.0, 2.0, 5.0, 5.0],
        "pain_12wk": [1.0, np.nan, np.nan, np.nan],
    }
)
REASONS = pd.DataFrame(
    [
        ("b", "age", "declined"),
        ("a", "age", "declined"),
        ("c", "pain_12wk", "missed"),
        ("d", "pain_12wk", "off_window"),
    ],
    columns=["episode_key", "variable", "reason"],
)


def _rows():
    rows = missing_rows(select_population(FRAME, TRIAL), TRIAL, REASONS)
    return rows.set_index(["variable", "arm", "reason"]).sort_index()


def test_a_share_is_of_the_arms_episodes():
    rows = _rows()
    assert rows.loc[("age", ADD, "any"), "share"] == 0.5
    assert rows.loc[("age", CONTINUE, "any"), "share"] == 0.5
    assert rows.loc[("work", ADD, "any"), "n_missing"] == 0


def test_a_reason_counts_only_where_the_value_is_missing():
    rows = _rows()
    assert rows.loc[("age", ADD, "declined"), "n_missing"] == 1, "the reason of a value that is there says nothing"
    assert ("age", CONTINUE, "declined") not in rows.index


def test_an_outcome_counts_in_those_who_can_have_it():
    rows = _rows()
    assert rows.loc[("pain_12wk", ADD, "any"), "n"] == 1, "below the floor at the start there is no such outcome"
    assert rows.loc[("pain_12wk", CONTINUE, "any"), "share"] == 1.0
    assert rows.loc[("pain_12wk", CONTINUE, "missed"), "share"] == 0.5
    assert set(rows.loc["pain_12wk", "role"]) == {"outcome"}


def test_nobody_eligible_leaves_no_rows():
    nobody = select_population(FRAME.assign(is_eligible=False), TRIAL)
    assert missing_rows(nobody, TRIAL, REASONS).empty
