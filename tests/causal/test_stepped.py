"""The stepped trial in a world whose regimes' values are known, and what it refuses to say."""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.protocol import contrast_name
from pipelines.causal.stepped import estimate_stepped
from pipelines.causal.tables import REGIME_COLUMNS
from tests.causal.rates import coverage_allowed
from tests.causal.stepped_world import TRIAL, WEEKS, draw, true_values

CONTRASTS = {contrast_name(*pair): pair for pair in TRIAL.contrasts}


@pytest.fixture(scope="module")
def truth():
    values = true_values()
    return values | {name: values[one] - values[other] for name, (one, other) in CONTRASTS.items()}


@pytest.fixture(scope="module")
def found():
    return estimates(range(6))


def estimates(seeds, n=4000):
    return [estimate_stepped(draw(n, seed), TRIAL).set_index("regime") for seed in seeds]


def followers_of(frame, week, percent):
    """Who did what a step-up regime says, by hand."""
    follows = frame["arm"] == "without_manipulation"
    for one in WEEKS:
        adds = (frame[f"improvement_fraction_week{one}"] < percent / 100) & (one == week)
        did = frame[f"arm_week{one}"] == "add_manipulation"
        follows &= ~frame[f"has_decision_week{one}"] | (adds == did)
    return follows


def test_regimes_are_valued_right_where_ever_against_never_has_the_wrong_sign(truth, found):
    frames = [draw(4000, seed) for seed in range(6)]
    added = [[frame[f"arm_week{week}"] == "add_manipulation" for week in WEEKS] for frame in frames]
    ever = [(frame["arm"] == "manipulation") | np.any(adds, axis=0) for frame, adds in zip(frames, added, strict=True)]
    naive = np.mean(
        [one["score"][was].mean() - one["score"][~was].mean() for one, was in zip(frames, ever, strict=True)]
    )
    assert truth["manipulation_at_once - never"] > 0.5
    assert naive < -0.2
    for name, value in truth.items():
        errors = np.array([one.loc[name, "estimate"] for one in found]) - value
        assert abs(errors.mean()) < 3 * errors.std(ddof=1) / np.sqrt(len(errors)) + 0.02, name


def test_who_was_manipulated_in_days_14_to_27_is_neither_dropped_nor_a_follower_of_step_up_at_week_4(truth, found):
    """Those who followed to the end are a selection, better at the visits that others left the regime at."""
    frames = [draw(4000, seed) for seed in range(6)]
    name = "step_up_week4_under_30"
    follows = [followers_of(frame, 4, 30) for frame in frames]
    assert [one.loc[name, "n_followers"] for one in found] == [rows.sum() for rows in follows]
    assert {one.loc[name, "n"] for one in found} == {4000}
    dropped = np.mean([frame["score"][rows].mean() for frame, rows in zip(frames, follows, strict=True)])
    assert dropped - truth[name] > 0.1
    assert np.mean([one.loc[name, "estimate"] for one in found]) == pytest.approx(truth[name], abs=0.05)


@pytest.mark.ci
def test_an_unrecorded_week_is_an_arm_that_no_regime_names(truth):
    frames = [draw(4000, seed) for seed in range(4)]
    for frame in frames:
        lost = frame["has_decision_week2"] & (frame["improvement_fraction_week2"] < 0.2) & (frame.index % 4 == 0)
        frame["arm_week2"] = frame["arm_week2"].where(~lost, "not_recorded")
        for week in (4, 6):
            frame[f"has_decision_week{week}"] &= ~lost
    found = [estimate_stepped(frame, TRIAL).set_index("regime") for frame in frames]
    for name in ("never", "step_up_week4_under_30", "step_up_week2_under_30"):
        errors = np.array([one.loc[name, "estimate"] for one in found]) - truth[name]
        assert abs(errors.mean()) < 3 * errors.std(ddof=1) / np.sqrt(len(errors)) + 0.02, name


@pytest.mark.long
def test_values_of_the_stepped_regimes_are_covered_at_their_rate(truth, record_property):
    """methods.md, section 4: bias of at most 0.02, coverage of 93 to 97 % over 200 seeds, two Monte Carlo errors allowed.

    It was 93 to 97 % for values and 93 to 98.5 % for differences. With the same 40 practitioners in every data set it was 97.5 to
    99.5 % for values: their differences, rightly in the interval, were then no part of how values differ between data sets.
    """
    found = estimates(range(200))
    low, high = coverage_allowed(200)
    for name, value in truth.items():
        rows = pd.DataFrame([one.loc[name, ["estimate", "lower", "upper"]] for one in found]).astype(float)
        covered = ((rows["lower"] <= value) & (value <= rows["upper"])).mean()
        record_property(f"coverage and bias of {name}", (covered, rows["estimate"].mean() - value))
        assert abs(rows["estimate"].mean() - value) <= 0.02, (name, rows["estimate"].mean() - value)
        assert low <= covered <= high, (name, covered)


def test_the_order_of_rows_changes_nothing():
    frame = draw(1200, 4)
    one, other = estimate_stepped(frame, TRIAL), estimate_stepped(frame.sample(frac=1, random_state=1), TRIAL)
    assert one.to_csv() == other.to_csv()


def test_each_outcome_has_a_row_for_every_regime_and_contrast():
    rows = estimate_stepped(draw(1500, 1), TRIAL)
    assert list(rows) == list(REGIME_COLUMNS)
    assert rows.loc[rows["quantity"] == "value", "regime"].tolist() == [regime.name for regime in TRIAL.regimes]
    assert rows.loc[rows["quantity"] == "difference", "regime"].tolist() == list(CONTRASTS)
    assert set(rows["protocol_hash"]) == {TRIAL.protocol_hash()}


def with_few_at_week_6(frame):
    return frame.assign(has_decision_week6=frame["has_decision_week6"] & (frame.index < 50))


REFUSED = {
    "no patients": (lambda: draw(10, 1).iloc[:0], "No episode is eligible for this comparison."),
    "treatment never recorded": (
        lambda: draw(100, 1).assign(is_eligible=False, exclusion="treatment_not_recorded"),
        "No episode is eligible for this comparison, mostly because it was not recorded which treatment was given.",
    ),
    "three patients": (lambda: draw(3, 1), "Fewer than 50 different patients."),
    "one practitioner": (lambda: draw(1000, 1).assign(practitioner_key="t"), "One practitioner treated everybody"),
    "four practitioners": (
        lambda: draw(1000, 1).assign(practitioner_key=lambda frame: [f"t{i % 4}" for i in range(len(frame))]),
        "Fewer than 10 practitioners",
    ),
    "decided by practitioner": (
        lambda: draw(1000, 1).assign(
            arm=lambda frame: np.where(frame["practitioner_key"] < "t2", "manipulation", "without_manipulation")
        ),
        "The practitioner decided the treatment",
    ),
    "no outcome": (lambda: draw(1000, 1).assign(score=np.nan), "No outcome is known at 12 weeks."),
    "constant outcome": (lambda: draw(1000, 1).assign(score=1.0), "Every known outcome has the same value"),
    "few decisions": (
        lambda: with_few_at_week_6(draw(1000, 1)),
        "Fewer than 50 episodes had a decision to take at week 6",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_known_of_any_regime_is_refused_with_the_reason(case):
    make, reason = REFUSED[case]
    rows = estimate_stepped(make(), TRIAL)
    assert len(rows) == len(TRIAL.regimes) + len(TRIAL.contrasts)
    assert not rows["reason"].str.contains("regime").any(), "who reads it knows rules"
    assert set(rows["status"]) == {"refused"}
    assert rows["reason"].str.startswith(reason).all()
    assert rows[["estimate", "lower", "upper"]].isna().all(axis=None)


def test_a_regime_that_nobody_followed_is_refused_and_the_others_stand():
    frame = draw(3000, 2)
    never_added = frame.assign(arm_week4=frame["arm_week4"].where(frame["arm_week4"].isna(), "continue_without"))
    rows = estimate_stepped(never_added, TRIAL).set_index("regime")
    reason = "Fewer than 30 episodes had manipulation added at week 4 as the rule says and have a known outcome."
    assert rows.loc["step_up_week4_under_30", "reason"] == reason
    assert rows.loc["step_up_week4_under_30 - never", "reason"] == reason
    assert rows.loc["never", "status"] == "estimated"
    assert rows.loc["manipulation_at_once - never", "status"] == "estimated"


def test_few_followers_are_refused():
    frame = draw(3000, 2)
    frame = frame[(frame["arm"] != "manipulation") | (frame.index < 100)]
    rows = estimate_stepped(frame, TRIAL).set_index("regime")
    assert rows.loc["manipulation_at_once", "reason"].startswith("Fewer than 50 episodes were treated as the rule says")
    assert rows.loc["step_up_week4_under_30 - never", "status"] == "estimated"
