import numpy as np
import pytest
from scipy.stats import binom

from pipelines.self_check.limits import largest_bias, least_covered, monte_carlo_error, most_discoveries


@pytest.mark.parametrize("replications", [12, 20, 60, 200])
@pytest.mark.parametrize("alpha", [0.01, 1e-4])
def test_a_right_estimator_breaks_an_exact_limit_no_more_often_than_was_said(replications: int, alpha: float) -> None:
    assert binom.cdf(least_covered(replications, alpha) - 1, replications, 0.95) <= alpha
    assert binom.sf(most_discoveries(replications, alpha), replications, 0.05) <= alpha


def test_the_limits_of_twenty_replications() -> None:
    assert (least_covered(20, 1e-4), most_discoveries(20, 1e-4)) == (14, 6)


def test_a_harmless_bias_is_allowed_beside_chance() -> None:
    errors = np.full(10, 0.03) + np.tile([-1e-9, 1e-9], 5)
    assert largest_bias(errors, 0.05, 0.10, 0.01) == pytest.approx(0.025, abs=1e-6)
    assert largest_bias(errors, 0.01, 0.10, 0.01) == pytest.approx(0.020, abs=1e-6)


def test_the_mean_of_normal_errors_stays_within_its_limit_in_all_but_the_share_that_was_said() -> None:
    errors = np.random.default_rng(1).normal(size=(4000, 12))
    outside = [abs(one.mean()) > largest_bias(one, 0.0, 1e-9, 0.05) for one in errors]
    assert 0.04 <= np.mean(outside) <= 0.06


def test_two_replications_are_too_few_to_fail() -> None:
    assert largest_bias(np.array([5.0, 5.1]), 0.1, 0.1, 0.01) == float("inf")
    assert np.isnan(monte_carlo_error(np.array([1.0])))
