from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from pipelines.causal.inference import Estimate, clustered_mean
from pipelines.causal.needed import episodes_needed, episodes_needed_of_same_practitioners


def found(error=1.0, n=1000, practitioners=50, degrees=49.0):
    return Estimate(0.3, error, degrees, n, practitioners)


def clinic(seed, practitioners, each, between, within=3.0, effect=0.0):
    generator = np.random.default_rng(seed)
    code = np.repeat(np.arange(practitioners), each)
    scores = effect + generator.normal(0, between, practitioners)[code] + generator.normal(0, within, code.size)
    return scores, np.array([f"t{k}" for k in code], dtype=object)


def test_with_many_practitioners_it_is_the_textbook_number():
    result = episodes_needed(found(1.0, 100_000, 10_000, 1e6), 2.0)
    wanted = 2.0 / (norm.ppf(0.975) + norm.ppf(0.8))
    assert result.largest_error == pytest.approx(wanted, rel=1e-4)
    assert result.episodes == pytest.approx(100_000 / wanted**2, rel=1e-3)


def test_the_number_is_the_smallest_that_is_enough_with_its_own_degrees_of_freedom():
    estimate, margin = found(0.8, 600, 20, 15.0), 1.0
    result = episodes_needed(estimate, margin)

    def error_and_limit(n):
        degrees = 15.0 * n / 600
        return 0.8 * sqrt(600 / n), margin / (t.ppf(0.975, degrees) + t.ppf(0.8, degrees))

    error, limit = error_and_limit(result.episodes)
    assert error <= limit == pytest.approx(result.largest_error)
    error, limit = error_and_limit(result.episodes - 1)
    assert error > limit
    assert result.practitioners == int(np.ceil(20 * result.episodes / 600))


def test_enough_at_hand_is_said_so():
    assert episodes_needed(found(0.1), 1.0).is_reached
    assert not episodes_needed(found(0.9), 1.0).is_reached


def test_no_spread_at_all_needs_next_to_nothing():
    assert episodes_needed(found(0.0), 1.0).episodes == 2


@given(st.floats(0.01, 5), st.floats(0.05, 5), st.floats(0.1, 10))
def test_unit_does_not_matter_and_a_larger_margin_never_needs_more(error, margin, unit):
    first = episodes_needed(found(error), margin)
    scaled = episodes_needed(found(error * unit), margin * unit)
    assert scaled.episodes == pytest.approx(first.episodes, abs=1)
    assert episodes_needed(found(error), margin * 1.5).episodes <= first.episodes


def test_the_number_keeps_its_promise():
    """With the number of practitioners it asks for, an effect as large as the margin is told in about 80 % of samples."""
    scores, who = clinic(0, 20, 15, 0.8)
    needed = episodes_needed(clustered_mean(scores, who), 0.6)
    told = 0
    for seed in range(300):
        sample = clustered_mean(*clinic(seed + 1, needed.practitioners, 15, 0.8, effect=0.6))
        told += sample.interval()[0] > 0
    drawn = np.sqrt(0.8**2 + 9 / 15) / np.sqrt(20) / clustered_mean(scores, who).standard_error
    power = norm.cdf((norm.ppf(0.975) + norm.ppf(0.8)) / drawn - norm.ppf(0.975))
    assert told / 300 == pytest.approx(power, abs=4 * sqrt(power * (1 - power) / 300) + 0.02)


def test_more_episodes_of_the_same_practitioners_do_not_reduce_what_differs_between_them():
    scores, who = clinic(1, 12, 30, 3.0)
    result = episodes_needed_of_same_practitioners(scores, who, 1.0)
    assert result.episodes is None
    assert not result.is_reached
    assert episodes_needed(clustered_mean(scores, who), 1.0).episodes > 360


def test_where_practitioners_are_alike_more_of_their_episodes_tell():
    scores, who = clinic(2, 30, 20, 0.0, within=6.0)
    result = episodes_needed_of_same_practitioners(scores, who, 0.5)
    assert result.practitioners == 30
    assert result.episodes == pytest.approx(36 / result.largest_error**2, rel=0.3)


def test_components_of_variance_come_out_as_they_went_in():
    limits = []
    for seed in range(60):
        scores, who = clinic(seed, 40, 25, 1.0)
        result = episodes_needed_of_same_practitioners(scores, who, 0.8)
        if result.episodes is not None:
            limits.append(result.largest_error**2 - 9 / result.episodes)
    assert np.mean(limits) == pytest.approx(1 / 40, rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"margin": 0.0}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"level": 1.0}, "level and power"),
        ({"power": 0.2}, "level and power"),
    ],
)
def test_bad_limits_are_refused(arguments, message):
    given_ = {"margin": 1.0} | arguments
    with pytest.raises(ValueError, match=message):
        episodes_needed(found(), **given_)
    with pytest.raises(ValueError, match=message):
        episodes_needed_of_same_practitioners(*clinic(0, 5, 5, 1.0), **given_)


def test_without_a_spread_between_or_within_practitioners_nothing_is_said():
    with pytest.raises(ValueError, match="standard error"):
        episodes_needed(clustered_mean(np.arange(4.0), np.array(["t"] * 4, dtype=object)), 1.0)
    for who in (np.array(["t"] * 4, dtype=object), np.arange(4).astype(object)):
        with pytest.raises(ValueError, match="several episodes"):
            episodes_needed_of_same_practitioners(np.arange(4.0), who, 1.0)
