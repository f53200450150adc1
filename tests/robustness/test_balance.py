"""Balance and overlap against what is worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.trial_design import design_trial
from pipelines.robustness.balance import balance_of_refit, balance_of_scores, largest
from pipelines.robustness.weights import overlap_of_scores, weight_rows
from tests.causal.worlds import TRIAL, linear_clinic
from tests.robustness.worlds import PAIR, scored

# Four episodes: covariate 0 and 1 in the arm without, 0 and 1 in the arm with; spread 0.5.
ARM = [0, 0, 1, 1]
COVARIATE = np.array([[0.0], [1.0], [0.0], [1.0]])


def _balance(e, y=(1.0, 1.0, 1.0, 1.0), covariate=COVARIATE, arm=ARM):
    one = scored(y, arm, e=e, g=0.5)
    return balance_of_scores(one, covariate, ["severity"]).iloc[0]


def test_arms_alike_have_no_difference_before_or_after():
    row = _balance(0.5)
    assert (row["before"], row["after"], row["after_answered"]) == (0.0, 0.0, 0.0)
    assert row["contrast"] == "add_manipulation - continue_without"
    assert row["weights_from"] == "scores"


def test_weights_move_the_difference_as_by_hand():
    # Added: weights 1 / 0.8 and 1 / 0.2 on 0 and 1, mean 0.8. Without: equal weights, mean 0.5. (0.8 - 0.5) / 0.5 = 0.6.
    e = np.array([[0.5, 0.5], [0.5, 0.5], [0.2, 0.8], [0.8, 0.2]])
    row = _balance(e)
    assert row["before"] == 0.0
    assert row["after"] == pytest.approx(0.6)


def test_who_did_not_answer_is_left_out_of_the_answered_only():
    row = _balance(0.5, y=(1.0, 1.0, 1.0, np.nan))
    assert row["after"] == 0.0
    assert row["after_answered"] == pytest.approx((0.0 - 0.5) / 0.5)


def test_an_arm_in_which_nobody_answered_has_no_difference_to_show():
    row = _balance(0.5, y=(1.0, 1.0, np.nan, np.nan))
    assert np.isnan(row["after_answered"])


def test_the_largest_difference_is_named():
    rows = pd.DataFrame({"covariate": ["age", "pain", "sex"], "after": [0.05, -0.3, np.nan]})
    assert largest(rows, "after") == (0.3, "pain")
    assert largest(rows.iloc[2:], "after") == (0.0, "")


def test_balance_of_a_refused_trial_comes_from_propensities_fitted_anew():
    weighting = design_trial(linear_clinic(400, 3), TRIAL).weighting
    rows = balance_of_refit(TRIAL, weighting).set_index("covariate")
    assert set(rows["outcome"]) == {"all"}
    assert abs(rows.loc["severity", "after"]) < 0.05 < abs(rows.loc["severity", "before"])
    assert rows["after_answered"].isna().all()


def test_a_tenth_of_the_propensity_holds_its_share_of_an_arm():
    e = np.array([[0.95, 0.05], [0.65, 0.35], [0.65, 0.35], [0.0, 1.0]])
    rows = overlap_of_scores(scored([1.0] * 4, ARM, e=e))
    of_added = rows[rows["propensity_of"] == PAIR[0]].set_index(["arm_given", "bin"])["share"]
    assert of_added[PAIR[1], 1] == 0.5
    assert of_added[PAIR[1], 4] == 0.5
    assert of_added[PAIR[0], 10] == 0.5, "a propensity of 1 belongs to the last tenth"
    assert rows.groupby(["arm_given", "propensity_of"])["share"].sum().tolist() == [1.0] * 4


def test_weights_are_told_by_arm_as_by_hand():
    # Weights of the added who answered: 1 / (0.25 x 0.5) = 8 and 1 / (0.5 x 0.5) = 4; Kish: 12^2 / 80 = 1.8.
    e = np.array([[0.5, 0.5], [0.5, 0.5], [0.75, 0.25], [0.5, 0.5]])
    rows = weight_rows(scored([1.0, np.nan, 1.0, 1.0], ARM, e=e, g=0.5)).set_index("arm")
    added = rows.loc[PAIR[0]]
    assert added["n"] == 2
    assert added["effective_n"] == pytest.approx(1.8)
    assert added["largest_share"] == pytest.approx(8 / 12)
    assert added["largest"] == pytest.approx(8 / 6)
    assert rows.loc[PAIR[1], "n"] == 1


def test_what_stands_at_the_clip_is_counted():
    e = np.array([[0.99, 0.01], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    rows = weight_rows(scored([1.0] * 4, ARM, e=e)).set_index("arm")
    assert rows.loc[PAIR[0], "clipped_share"] == 0.25
    assert rows.loc[PAIR[1], "clipped_share"] == 0.0
