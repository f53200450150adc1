"""E-values against the examples of VanderWeele and Ding, Ann Intern Med 2017;167:268, and against hand calculations."""

from math import exp

import numpy as np
import pytest

from pipelines.robustness.e_values import RiskRatio, e_value, e_value_of_limit, pooled_deviation, risk_ratio
from tests.robustness.worlds import BINARY, PAIR, scored


def test_the_example_of_the_paper_is_reproduced():
    found = RiskRatio(3.9, 1.8, 8.7)
    assert round(e_value(found.ratio), 2) == 7.26
    assert round(e_value_of_limit(found), 2) == 3.0


def test_a_ratio_below_1_counts_as_its_inverse():
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9))
    assert e_value_of_limit(RiskRatio(1 / 3.9, 1 / 8.7, 1 / 1.8)) == pytest.approx(e_value(1.8))


def test_no_effect_has_the_e_value_1_and_so_has_an_interval_that_holds_1():
    assert e_value(1.0) == 1.0
    assert e_value_of_limit(RiskRatio(1.4, 0.9, 2.0)) == 1.0


@pytest.mark.parametrize("ratio", [0.0, -0.5, float("nan")])
def test_a_ratio_that_cannot_be_has_no_e_value(ratio):
    assert np.isnan(e_value(ratio))
    assert np.isnan(e_value_of_limit(RiskRatio(ratio, float("nan"), float("nan"))))


def _responses(added: int, without: int, n: int = 400):
    """n episodes an arm, of which so many respond, evenly over practitioners."""
    arm = np.repeat([1, 0], n)
    y = np.concatenate([np.arange(n) < added, np.arange(n) < without]).astype(float)
    return scored(y, arm, mu=np.array([without / n, added / n]), trial=BINARY)


def test_the_ratio_of_a_binary_outcome_is_that_of_the_arms_means():
    found = risk_ratio(_responses(240, 160), PAIR)
    assert found.ratio == pytest.approx(1.5)
    # Delta method of two independent shares: var log = (1 - p1) / (n p1) + (1 - p0) / (n p0).
    error = np.sqrt(0.4 / 240 + 0.6 / 160)
    assert np.log(found.upper / found.ratio) == pytest.approx(1.96 * error, rel=0.15)


def test_a_mean_score_at_or_below_0_has_no_ratio():
    assert np.isnan(risk_ratio(_responses(40, 0), PAIR).ratio)


def test_points_are_turned_by_their_standard_deviation():
    generator = np.random.default_rng(3)
    arm = np.tile([0, 1], 500)
    one = scored(generator.normal(0, 2, 1000) + 1.0 * arm, arm)
    effect = one.mean(one.contrast(PAIR))
    assert pooled_deviation(one, PAIR) == pytest.approx(2.0, rel=0.06)
    found, deviation = risk_ratio(one, PAIR), pooled_deviation(one, PAIR)
    assert found.ratio == pytest.approx(exp(0.91 * effect.estimate / deviation))
    assert found.lower == pytest.approx(exp(0.91 * effect.interval()[0] / deviation))


def test_points_that_never_differ_have_no_ratio():
    assert np.isnan(risk_ratio(scored([1.0] * 80, [0, 1] * 40), PAIR).ratio)
