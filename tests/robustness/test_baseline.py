"""What the arms were like, counted by hand."""

import numpy as np
import pandas as pd

from pipelines.causal.population import select_population
from pipelines.robustness.baseline import baseline_rows
from tests.causal.worlds import ADD, CONTINUE, trial_with

TRIAL = trial_with(covariates=("age", "work", "is_neuropathic", "never_recorded"), minimum_per_arm=2)
FRAME = pd.DataFrame(
    {
        "episode_key": list("abcde"),
        "patient_key": list("abcde"),
        "is_eligible": True,
        "arm": [ADD, ADD, ADD, CONTINUE, CONTINUE],
        "age": [50.0, 40.0, np.nan, 30.0, 32.0],
        "work": ["seated", "manual", None, "seated", "seated"],
        "is_neuropathic": [True, False, True, None, None],
        "never_recorded": [np.nan] * 5,
    }
)


def _rows(**changes):
    rows = baseline_rows(select_population(FRAME, TRIAL), trial_with(**{"covariates": TRIAL.covariates} | changes), 1)
    return rows if rows.empty else rows.set_index(["covariate", "level", "arm"]).sort_index()


def test_numbers_have_a_mean_and_codes_a_count_of_those_recorded():
    rows = _rows(minimum_per_arm=2)
    age = rows.loc[("age", "", ADD)]
    assert (age["n"], age["n_recorded"], age["mean"]) == (3, 2, 45.0)
    assert age["standard_deviation"] == np.std([50, 40], ddof=1)
    assert pd.isna(age["n_with"])
    manual = rows.loc[("work", "manual")]
    assert manual["n_with"].to_dict() == {ADD: 1, CONTINUE: 0}
    assert manual["n_recorded"].to_dict() == {ADD: 2, CONTINUE: 2}
    neuropathic = rows.loc[("is_neuropathic", "yes")]
    assert neuropathic["n_with"].to_dict() == {ADD: 2, CONTINUE: 0}
    assert neuropathic["n_recorded"].to_dict() == {ADD: 3, CONTINUE: 0}


def test_what_nobody_recorded_and_an_arm_too_small_to_compare_have_no_row():
    assert "never_recorded" not in _rows(minimum_per_arm=2).index.get_level_values("covariate")
    assert set(_rows(minimum_per_arm=3).index.get_level_values("arm")) == {ADD}
    assert _rows(minimum_per_arm=4).empty


def test_levels_that_few_have_are_told_together_with_the_next_smallest():
    work = ["seated"] * 100 + ["manual"] * 30 + ["none"] * 20 + ["rare"] * 3
    frame = pd.DataFrame(
        {
            "episode_key": [f"e{i}" for i in range(306)],
            "patient_key": [f"e{i}" for i in range(306)],
            "is_eligible": True,
            "arm": [ADD] * 153 + [CONTINUE] * 153,
            "work": work * 2,
        }
    )
    rows = baseline_rows(select_population(frame, TRIAL), trial_with(covariates=("work",))).set_index(["level", "arm"])
    assert rows["n_with"].to_dict() == {
        ("seated", ADD): 100, ("manual", ADD): 30, ("other", ADD): 23,
        ("seated", CONTINUE): 100, ("manual", CONTINUE): 30, ("other", CONTINUE): 23,
    }  # fmt: skip
