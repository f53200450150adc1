"""What the unanswered could hide, against hand calculations."""

import numpy as np
import pytest

from pipelines.robustness.missing_outcomes import (
    extreme_case,
    missing_outcomes_row,
    shifted,
    tipping_point,
    unanswered,
)
from tests.robustness.worlds import BINARY, PAIR, scored


def _answers(n: int = 1_000, added: float = 0.6, without: float = 0.4, silent=(0.2, 0.3), trial=BINARY):
    """n episodes an arm: these shares respond among the answered, and these shares (added, without) do not answer."""
    parts = []
    for share, missing in ((added, silent[0]), (without, silent[1])):
        answered = round(n * (1 - missing))
        y = np.full(n, np.nan)
        y[:answered] = (np.arange(answered) < round(share * answered)).astype(float)
        parts.append(y[np.random.default_rng(1).permutation(n)])
    arm = np.repeat([1, 0], n)
    g = np.array([1 - silent[1], 1 - silent[0]])
    return scored(np.concatenate(parts), arm, mu=np.array([without, added]), g=g, trial=trial)


def test_the_share_unanswered_is_that_of_each_arm():
    one = _answers()
    missing = unanswered(one, PAIR)
    assert one.mean(missing.treated).estimate == pytest.approx(0.2)
    assert one.mean(missing.comparator).estimate == pytest.approx(0.3)


def test_a_delta_moves_the_effect_by_delta_times_the_share_unanswered():
    one = _answers()
    missing = unanswered(one, PAIR)
    assert shifted(one, PAIR, missing, (0.0, 0.0)).estimate == pytest.approx(0.2)
    assert shifted(one, PAIR, missing, (-0.5, 0.0)).estimate == pytest.approx(0.2 - 0.5 * 0.2)
    assert shifted(one, PAIR, missing, (-0.5, 0.5)).estimate == pytest.approx(0.2 - 0.5 * 0.2 - 0.5 * 0.3)


def test_the_tipping_point_of_the_estimate_is_the_effect_over_the_shares_unanswered():
    one = _answers()
    found = tipping_point(one, PAIR, unanswered(one, PAIR), in_both=True, of_estimate=True, widest=1.0)
    assert found == pytest.approx(0.2 / (0.2 + 0.3), abs=1e-5)


def test_the_interval_tips_before_the_estimate_and_one_arm_later_than_both():
    one = _answers()
    missing = unanswered(one, PAIR)
    both = tipping_point(one, PAIR, missing, in_both=True, of_estimate=False, widest=1.0)
    single = tipping_point(one, PAIR, missing, in_both=False, of_estimate=False, widest=1.0)
    assert 0 < both < 0.4
    assert both < single
    lower, _ = shifted(one, PAIR, missing, (-single, 0.0)).interval()
    assert lower == pytest.approx(0.0, abs=1e-4)


def test_an_effect_the_other_way_round_tips_at_the_same_delta():
    one = _answers(silent=(0.25, 0.25))
    mirrored = _answers(added=0.4, without=0.6, silent=(0.25, 0.25))
    found = [
        tipping_point(world, PAIR, unanswered(world, PAIR), in_both=in_both, of_estimate=False, widest=1.0)
        for world in (one, mirrored)
        for in_both in (True, False)
    ]
    assert found[0] == pytest.approx(found[2], abs=1e-3)
    assert found[1] == pytest.approx(found[3], abs=1e-3)


def test_where_no_delta_on_the_scale_turns_it_there_is_no_tipping_point():
    one = _answers(added=0.9, without=0.1, silent=(0.05, 0.05))
    assert np.isnan(tipping_point(one, PAIR, unanswered(one, PAIR), in_both=True, of_estimate=False, widest=1.0))


def test_worst_and_best_case_are_the_plain_shares_when_the_unanswered_are_filled_in():
    one = _answers()
    # Worst: 0.6 x 0.8 + 0 x 0.2 against 0.4 x 0.7 + 1 x 0.3.
    assert extreme_case(one, PAIR, (0.0, 1.0)).estimate == pytest.approx(0.48 - 0.58)
    assert extreme_case(one, PAIR, (1.0, 0.0)).estimate == pytest.approx(0.68 - 0.28)


def test_a_row_holds_it_all_and_a_nothing_found_has_no_tipping_point():
    row = missing_outcomes_row(_answers(), PAIR)
    assert row["worst_case"] < 0 < row["tipping_delta"]
    assert row["best_case"] > row["estimate"] > row["worst_case"]
    assert row["plausible_delta"] == pytest.approx(0.25, abs=0.01)
    nothing = missing_outcomes_row(_answers(added=0.4), PAIR)
    assert nothing["verdict"] == "none shown"
    assert np.isnan(nothing["tipping_delta"])


def test_where_everybody_answered_there_is_nothing_to_say():
    assert missing_outcomes_row(scored([0.0, 1.0] * 40, [0, 1] * 40, trial=BINARY), PAIR) is None
