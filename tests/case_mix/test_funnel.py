"""The funnel's limits, overdispersion and shrinkage against known values."""

import numpy as np
import pytest
from scipy.stats import binom

from pipelines.case_mix.funnel import (
    binomial_limits,
    has_three_in_a_row,
    overdispersion,
    shrunk,
    signal,
    simulated_limits,
)


@pytest.mark.parametrize(("n", "half_95", "half_998"), [(20, 21.5, 34), (50, 13.6, 21), (100, 9.6, 15), (400, 4.8, 8)])
def test_limits_are_as_wide_as_the_published_table_says(n: int, half_95: float, half_998: float) -> None:
    """domain/indicators.md 5.2, rule 1: half-widths at 0.6 in percentage points."""
    limits = binomial_limits(0.6, n)
    assert 100 * (limits.upper_95 - limits.lower_95) / 2 == pytest.approx(half_95, abs=1.2)
    assert 100 * (limits.upper_998 - limits.lower_998) / 2 == pytest.approx(half_998, abs=1.5)


def test_interpolated_limits_hold_what_they_say() -> None:
    limits = binomial_limits(0.6, 80)
    share = binom.cdf(np.floor(80 * limits.upper_95), 80, 0.6) - binom.cdf(np.ceil(80 * limits.lower_95) - 1, 80, 0.6)
    assert 0.93 <= share <= 0.97


def test_overdispersion_widens_and_never_narrows() -> None:
    rng = np.random.default_rng(3)
    assert overdispersion(rng.normal(0, 0.5, 40)) == 1.0
    assert overdispersion(rng.normal(0, 2, 40)) > 2
    wide, narrow = binomial_limits(0.6, 50, 4.0), binomial_limits(0.6, 50)
    assert wide.upper_95 - 0.6 == pytest.approx(2 * (narrow.upper_95 - 0.6))


def test_one_wild_clinic_is_winsorised() -> None:
    z = np.append(np.random.default_rng(5).normal(0, 1, 39), 30.0)
    assert overdispersion(z) < 2


def test_fewer_than_eight_clinics_tell_no_overdispersion() -> None:
    assert overdispersion(np.array([5.0] * 7)) == 1.0


def test_simulated_limits_are_skewed_as_the_deviations_are_and_repeat() -> None:
    deviations = np.random.default_rng(7).gamma(0.5, 4.0, 2_000)
    limits = simulated_limits(deviations, 20, seed=1)
    assert limits.upper_998 > -limits.lower_998 * 1.2
    assert limits == simulated_limits(deviations, 20, seed=1)


def test_a_value_on_a_limit_is_inside() -> None:
    limits = binomial_limits(0.6, 50)
    assert signal(limits.upper_95, limits) == "inside"
    assert signal(limits.upper_95 + 1e-9, limits) == "outside 95"
    assert signal(limits.lower_998 - 1e-9, limits) == "outside 99.8"


def test_shrinkage_draws_an_uncertain_clinic_further_and_nothing_differs_without_spread() -> None:
    drawn = shrunk(np.array([0.3, 0.3, 0.6, 0.6, 0.9, 0.9]), np.array([0.02, 0.2, 0.02, 0.2, 0.02, 0.2]))
    assert drawn["value"][0] < drawn["value"][1]
    assert (drawn["lower"] <= drawn["value"]).all()
    alike = shrunk(np.array([0.58, 0.6, 0.62]), np.array([0.1, 0.1, 0.1]))
    assert alike["value"].nunique() == 1


@pytest.mark.parametrize(
    ("quarters", "is_lasting"),
    [([1, 1, 1], True), ([0, -1, -1, -1, 0], True), ([1, 1, -1], False), ([1, 1, 0, 1], False), ([0, 0, 0], False)],
)
def test_three_quarters_in_a_row_on_one_side_are_lasting(quarters: list[int], is_lasting: bool) -> None:
    assert has_three_in_a_row(quarters) is is_lasting
