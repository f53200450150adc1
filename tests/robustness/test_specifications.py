"""Other choices: each is what it says, the unadjusted one is never the main one, refusals have their reason."""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.trials import DECISION, INDEX
from pipelines.robustness.choices import specifications_of
from pipelines.robustness.specifications import difference_in_means, refitted_rows
from pipelines.robustness.stored_specifications import stored_rows
from tests.causal.worlds import TRIAL, linear_clinic

ALL_COLUMNS = [
    "arm",
    "arm_within_7_days",
    "r30d_12wk",
    "r30d_12wk_within_7",
    "r30d_12wk_within_28",
    "rmdq24_12wk_5_points",
    "odi_pct_12wk_10_points",
]


@pytest.fixture(scope="module")
def rows():
    return refitted_rows(linear_clinic(900, 3, habit_spread=1.0, skill_spread=1.0, skill_follows_habit=True), TRIAL)


def _by_name(rows):
    return rows.set_index("specification")


def test_adjustment_takes_away_the_bias_that_the_naive_comparison_has(rows):
    found = _by_name(rows)
    assert abs(found.loc["linear models only", "estimate"] - 1.0) < 0.35
    assert found.loc["linear models only", "estimate"] - found.loc["not adjusted", "estimate"] > 0.15
    assert found.loc["not adjusted", "is_naive"]
    assert not rows["is_main"].any(), "what is fitted anew is never the main estimate"


def test_without_practitioners_their_skill_is_taken_for_an_effect(rows):
    found = _by_name(rows)
    for name in ("without practitioners", "folds by practitioner"):
        assert found.loc[name, "estimate"] > found.loc["linear models only", "estimate"] + 0.2


def test_the_decision_has_its_windows_responders_adjustments_and_a_shorter_grace_period():
    found = {one.name: one for one in specifications_of(DECISION, ALL_COLUMNS)}
    assert set(found) == {
        "linear models only",
        "not adjusted",
        "without practitioners",
        "folds by practitioner",
        "baseline only",
        "answers within 7 days",
        "answers within 28 days",
        "responder: rmdq24 by 5 points",
        "responder: odi_pct by 10 points",
        "grace period of 7 days",
    }
    assert found["answers within 7 days"].window_days == 7
    assert found["grace period of 7 days"].grace_days == 7
    assert "pain_at_time_zero" not in found["baseline only"].adjustment.covariates
    assert found["responder: rmdq24 by 5 points"].outcome.baseline_floors == (("rmdq24", 5.0),)


def test_what_the_cohort_does_not_have_is_left_out():
    assert {one.name for one in specifications_of(INDEX, ["arm", "r30d_12wk"])} == {
        "linear models only",
        "not adjusted",
        "without practitioners",
        "folds by practitioner",
    }


def test_a_shorter_grace_period_moves_episodes_to_the_other_arm():
    frame = linear_clinic(900, 5, effect=2.0).rename(columns={"pain_12wk": "r30d_12wk"})
    frame["pain_12wk"] = frame["r30d_12wk"]
    late = (frame["arm"] == "add_manipulation") & (np.arange(900) % 3 == 0)
    frame["arm_within_7_days"] = frame["arm"].mask(late, "continue_without")
    found = _by_name(refitted_rows(frame, TRIAL))
    assert found.loc["grace period of 7 days", "estimate"] < found.loc["linear models only", "estimate"] - 0.3


def test_too_few_are_refused_with_the_reason_in_every_specification():
    rows = refitted_rows(linear_clinic(60, 6), TRIAL)
    assert set(rows["status"]) == {"refused"}
    assert rows["reason"].str.len().gt(10).all()
    assert rows["estimate"].isna().all()


@pytest.mark.parametrize(("practitioners", "said"), [(1, "One practitioner treated everybody"), (9, "Fewer than 10")])
def test_with_too_few_practitioners_not_even_the_unadjusted_difference_is_given(practitioners, said):
    found = _by_name(refitted_rows(linear_clinic(400, 4, practitioners=practitioners), TRIAL)).loc["not adjusted"]
    assert found["status"] == "refused"
    assert found["reason"].startswith(said)
    assert np.isnan(found["estimate"])


def test_the_difference_in_means_is_that():
    y, treated = np.array([1.0, 2.0, 5.0, 8.0, 3.0, 1.0]), np.array([0, 0, 1, 1, 1, 0], dtype=bool)
    found = difference_in_means(y, treated, np.array(list("abcdef"), dtype=object))
    assert found.estimate == pytest.approx(16 / 3 - 4 / 3)


def _stored(trial, rows):
    columns = ["trial", "outcome", "contrast", "group_name", "estimate", "lower", "upper", "n", "status", "reason"]
    return pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows])


def test_stored_estimates_are_taken_as_they_are_and_one_is_the_main_one():
    contrast = "add_manipulation - continue_without"
    effects = _stored(
        DECISION,
        [
            ("decision", "r30d_12wk", contrast, "all", 0.1, 0.0, 0.2, 500, "estimated", None),
            ("decision", "r30d_12wk", contrast, "older", 0.3, 0.1, 0.5, 200, "estimated", None),
            ("decision", "rmdq24_26wk", contrast, "all", 1.0, 0.5, 1.5, 400, "estimated", None),
            ("index", "r30d_12wk", "manipulation - exercise", "all", 0.5, 0.4, 0.6, 500, "estimated", None),
        ],
    )
    sensitivity = effects.iloc[[0, 2]].assign(analysis="cloning, censoring and weighting", estimate=0.07)
    rows = stored_rows(DECISION, effects, sensitivity).set_index("specification")
    assert list(rows.index) == ["main", "outcome: rmdq24_26wk", "cloning, censoring and weighting"]
    assert rows["is_main"].tolist() == [True, False, False]
    assert rows.loc["main", "estimate"] == 0.1
    assert rows.loc["cloning, censoring and weighting", "estimate"] == 0.07
    assert rows["window_days"].tolist() == [14, 28, 14]
    assert rows.loc["outcome: rmdq24_26wk", "unit"] == "RMDQ-24 points"
