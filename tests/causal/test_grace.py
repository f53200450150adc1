"""The grace period of the decision, in a world where early improvers stay away before a manipulation that was planned."""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.effects import estimate_trial
from pipelines.causal.grace import GraceVisits, clone_weights, grace_estimates
from pipelines.causal.tables import SENSITIVITY_COLUMNS
from tests.causal.grace_world import TRIAL, draw, true_difference
from tests.causal.worlds import ADD, CONTINUE


def estimated(effect, seeds, n=4000):
    return [grace_estimates(*draw(n, seed, effect), TRIAL).iloc[0] for seed in seeds]


@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_clones_are_right_where_what_happened_in_the_grace_period_misleads(effect):
    truth = true_difference(effect, n=400_000)
    by_what_happened = estimate_trial(draw(4000, 1, effect)[0], TRIAL).effects.iloc[0]
    assert by_what_happened["status"] == "estimated"
    assert by_what_happened["upper"] < truth - 0.3
    errors = np.array([one["estimate"] for one in estimated(effect, range(6))]) - truth
    assert abs(errors.mean()) < 3 * errors.std(ddof=1) / np.sqrt(len(errors)) + 0.02


@pytest.mark.long
def test_the_strategies_difference_is_covered_at_its_rate(record_property):
    truth = true_difference(0.5)
    rows = estimated(0.5, range(200))
    covered = np.mean([row["lower"] <= truth <= row["upper"] for row in rows])
    bias = np.mean([row["estimate"] for row in rows]) - truth
    record_property("coverage and bias", (covered, bias))
    assert abs(bias) <= 0.02
    assert covered >= 0.93 - 0.03


def test_who_stayed_away_counts_in_both_strategies():
    """Episodes: manipulated at once; stayed away; came back and was manipulated; came back and was not, then was."""
    visits = GraceVisits(
        episode=np.array([0, 1, 2, 2, 3, 3, 3]),
        seen=pd.DataFrame(index=range(7)),
        is_manipulated=np.array([True, False, False, True, False, False, True]),
        is_later=np.array([False, False, False, True, False, True, True]),
        is_last_chance=np.array([False, False, False, True, False, True, False]),
    )
    add, without = clone_weights(visits, np.tile([0.8, 0.2], (7, 1)), 4)
    assert add.tolist() == [1.0, 1.0, 5.0, 0.0]
    assert without.tolist() == [0.0, 1.25, 0.0, 0.0]


def test_too_few_visits_in_the_grace_period_are_refused():
    frame, visits = draw(600, 1, 0.0)
    row = grace_estimates(frame, visits[visits["visit_no"] == 0], TRIAL).iloc[0]
    assert row["status"] == "refused"
    assert row["reason"].startswith("Fewer than 50 visits came after time zero's")


def test_a_row_says_what_was_analysed():
    rows = grace_estimates(*draw(1500, 3, 0.5), TRIAL)
    assert list(rows) == list(SENSITIVITY_COLUMNS)
    row = rows.iloc[0]
    assert row["contrast"] == f"{ADD} - {CONTINUE}"
    assert row["analysis"] == "cloning, censoring and weighting"
    assert row["protocol_hash"] == TRIAL.protocol_hash()
    assert row["lower"] < row["estimate"] < row["upper"]
    assert 30 < row["effective_n"] < row["n"] == 1500


def test_the_order_of_rows_changes_nothing():
    frame, visits = draw(800, 4, 0.5)
    shuffled = frame.sample(frac=1, random_state=1), visits.sample(frac=1, random_state=2)
    assert grace_estimates(frame, visits, TRIAL).to_csv() == grace_estimates(*shuffled, TRIAL).to_csv()


def test_what_the_main_analysis_refuses_is_refused_here_with_its_reason():
    frame, visits = draw(800, 4, 0.5)
    for change, reason in (
        ({"practitioner_key": "t"}, "One practitioner treated everybody"),
        ({"arm": CONTINUE}, "One arm only"),
        ({"score": np.nan}, "No outcome is known"),
        ({"is_eligible": False}, "No episode is eligible"),
    ):
        row = grace_estimates(frame.assign(**change), visits, TRIAL).iloc[0]
        assert row["status"] == "refused"
        assert row["reason"].startswith(reason)
        assert np.isnan(row["estimate"])
