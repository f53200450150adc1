import numpy as np
import pandas as pd
import pytest

from pipelines.causal.dose import DOSE_TRIALS, SESSIONS_IN_12_WEEKS, WHY_NOT_12_WEEKS, dose_effects
from pipelines.causal.tables import EFFECT_COLUMNS
from tests.causal.worlds import ADD, linear_clinic


def group(n, seed, instrument_share=0.0):
    """Episodes of which all were manipulated; thrust or mobilisation by severity, no difference in outcome."""
    frame = linear_clinic(n, seed, effect=0.0).rename(columns={"severity": "bmi", "age": "age_midpoint_years"})
    rng = np.random.default_rng(seed)
    technique = np.where(frame["arm"] == ADD, "thrust", "nonthrust_mobilisation")
    technique = np.where(rng.random(n) < instrument_share, "instrument", technique)
    dose = pd.DataFrame(
        {
            "episode_key": frame["episode_key"],
            "technique_by_day14": technique,
            "sessions_by_day14": "three_or_more_sessions",
        }
    )
    return frame.assign(arm="manipulation", is_due_12wk=True), dose


@pytest.fixture(scope="module")
def found():
    frame, dose = group(900, 1, instrument_share=0.02)
    return dose_effects(frame, dose)


def test_techniques_that_overlap_are_compared_and_the_truth_of_no_difference_is_covered(found):
    row = found.query("outcome == 'pain_12wk' and contrast == 'thrust - nonthrust_mobilisation'").iloc[0]
    assert list(found) == list(EFFECT_COLUMNS)
    assert row["status"] == "estimated"
    assert row["lower"] < 0 < row["upper"]


def test_a_rare_technique_is_refused_in_words(found):
    rows = found[(found["trial"] == "dose_technique") & found["contrast"].str.contains("instrument")]
    assert set(rows["reason"]) == {"Fewer than 50 episodes had 'instrument'."}


def test_one_dose_only_has_nothing_to_compare_with(found):
    rows = found[found["trial"] == "dose_sessions"]
    assert (rows["status"] == "refused").all()
    assert rows["reason"].str.startswith(("One arm only", "No eligible episode")).all()


def test_the_number_of_sessions_in_12_weeks_is_refused_whatever_the_data(found):
    rows = found[found["trial"] == "dose_sessions_12wk"]
    assert len(rows) == len(SESSIONS_IN_12_WEEKS.outcomes) * 2
    assert set(rows["reason"]) == {WHY_NOT_12_WEEKS}
    assert rows["estimate"].isna().all()


def test_nobody_manipulated_is_refused_and_nothing_raises():
    frame, dose = group(60, 2)
    effects = dose_effects(frame.assign(arm="exercise"), dose)
    assert (effects["status"] == "refused").all()
    assert {trial.protocol_hash() for trial in DOSE_TRIALS.values()} <= set(effects["protocol_hash"])
