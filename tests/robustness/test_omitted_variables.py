"""Bounds of an omitted factor in a world where its strength and the truth are known."""

import numpy as np
import pytest

from pipelines.robustness.benchmarks import strength_between
from pipelines.robustness.omitted_variables import (
    ShortModel,
    bounds,
    contour,
    robustness_value,
    short_model,
    strength,
)
from tests.robustness.worlds import PAIR, hidden_world

WORLDS = [(1.5, 1.0), (-1.0, 2.0), (2.5, 0.5), (0.4, 0.4)]


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize(("on_choice", "on_outcome"), WORLDS)
def test_the_bound_with_the_true_strengths_covers_the_truth(on_choice, on_outcome, missing):
    world = hidden_world(40_000, 1, on_choice=on_choice, on_outcome=on_outcome, missing=missing)
    short, full = short_model(world.short, PAIR), short_model(world.full, PAIR)
    biased = short.shifted(0.0).estimate
    assert np.sign(biased - world.effect) == np.sign(on_choice * on_outcome), "leaving it out really misleads"
    c_y = 1 - full.sigma_squared / short.sigma_squared
    gain = full.nu_squared / short.nu_squared - 1
    lower, upper = bounds(short, strength(c_y, gain / (1 + gain)))
    error = 3 * max(lower.standard_error, upper.standard_error)
    assert lower.estimate - error < world.effect < upper.estimate + error
    weaker = bounds(short, 0.5 * strength(c_y, gain / (1 + gain)))
    assert weaker[1].estimate - weaker[0].estimate < upper.estimate - lower.estimate


@pytest.mark.parametrize(("on_choice", "on_outcome"), WORLDS[:3])
def test_the_worst_case_is_nearly_reached_when_the_factor_is_as_adverse_as_can_be(on_choice, on_outcome):
    world = hidden_world(60_000, 2, on_choice=on_choice, on_outcome=on_outcome)
    short, full = short_model(world.short, PAIR), short_model(world.full, PAIR)
    found = strength_between(short, full)
    assert found.correlation > 0.75
    assert found.shift == pytest.approx(short.shifted(0.0).estimate - full.shifted(0.0).estimate)


def test_a_benchmark_reproduces_a_covariate_that_was_really_left_out():
    """S_short^2 c_y gain = (sigma_s^2 - sigma_l^2)(nu_l^2 - nu_s^2), the most that leaving it out could move the effect."""
    world = hidden_world(20_000, 3, on_choice=1.5, on_outcome=1.0)
    short, full = short_model(world.short, PAIR), short_model(world.full, PAIR)
    found = strength_between(short, full)
    c_y = found.outcome_r2 * full.sigma_squared / short.sigma_squared
    moved = short.shifted(strength(c_y, found.riesz_gain / (1 + found.riesz_gain)))
    worst = np.sqrt((short.sigma_squared - full.sigma_squared) * (full.nu_squared - short.nu_squared))
    assert moved.estimate - short.shifted(0.0).estimate == pytest.approx(worst, rel=1e-9)
    assert found.correlation * worst == pytest.approx(abs(found.shift), rel=1e-9)
    assert found.times(1)[0] == pytest.approx(short.sigma_squared / full.sigma_squared - 1)


def test_variances_are_those_of_the_paper_for_two_arms_and_every_outcome_known():
    world = hidden_world(50_000, 4, on_choice=0.0, on_outcome=0.0)
    model, e = short_model(world.short, PAIR), world.short.e[0, :, 1]
    assert model.sigma_squared == pytest.approx(1.0, rel=0.02), "the noise has variance 1"
    assert model.nu_squared == pytest.approx(np.mean(1 / (e * (1 - e))), rel=0.02)


def test_without_a_factor_the_bound_is_the_effect_and_its_interval():
    world = hidden_world(500, 5, on_choice=1.0, on_outcome=1.0)
    found, effect = short_model(world.short, PAIR).shifted(0.0), world.short.mean(world.short.contrast(PAIR))
    assert found.estimate == effect.estimate
    assert found.interval() == effect.interval()


def _skewed_model(n: int = 300) -> ShortModel:
    """Scores that go with the squares of the residuals: the two bounds then differ in how sure they are."""
    generator = np.random.default_rng(11)
    squares, noise = generator.exponential(size=(1, n)), generator.normal(size=(1, n))
    return ShortModel(squares + 0.3 * noise, squares, 4 + noise, np.arange(n))


def test_the_standard_error_of_a_bound_is_the_jackknifes():
    model, n = _skewed_model(), 300
    factor = strength(0.3, 0.3)
    lower, upper = bounds(model, factor)
    assert upper.standard_error > 1.2 * lower.standard_error
    without = [
        [one.estimate for one in bounds(ShortModel(*(np.delete(part, k, axis=-1) for part in parts)), factor)]
        for parts in [(model.scores, model.squares, model.riesz, model.practitioner)]
        for k in range(n)
    ]
    jackknife = np.std(without, axis=0) * (n - 1) / np.sqrt(n)
    assert jackknife == pytest.approx([lower.standard_error, upper.standard_error], rel=0.02)


def test_the_robustness_value_is_where_the_bound_reaches_none():
    model = short_model(hidden_world(2_000, 6, on_choice=0.0, on_outcome=0.0).short, PAIR)
    value = robustness_value(model, of_limit=False)
    assert 0 < value < 1
    assert bounds(model, strength(value, value))[0].estimate == pytest.approx(0.0, abs=1e-3)
    closed = (model.shifted(0.0).estimate ** 2) / (model.sigma_squared * model.nu_squared)
    assert value == pytest.approx((np.sqrt(closed**2 + 4 * closed) - closed) / 2, abs=1e-4)
    of_limit = robustness_value(model, of_limit=True)
    assert of_limit < value
    assert bounds(model, strength(of_limit, of_limit))[0].interval()[0] == pytest.approx(0.0, abs=1e-3)


def test_an_effect_below_none_has_the_same_robustness_as_its_mirror_image():
    model = short_model(hidden_world(1_000, 7, on_choice=0.0, on_outcome=0.0, effect=0.6).short, PAIR)
    mirrored = short_model(hidden_world(1_000, 7, on_choice=0.0, on_outcome=0.0, effect=0.6).short, PAIR[::-1])
    for of_limit in (True, False):
        assert robustness_value(model, of_limit=of_limit) == pytest.approx(
            robustness_value(mirrored, of_limit=of_limit), abs=1e-4
        )


def test_an_interval_that_holds_none_needs_no_factor():
    model = short_model(hidden_world(400, 8, on_choice=0.0, on_outcome=0.0, effect=0.0).short, PAIR)
    assert robustness_value(model, of_limit=True) == 0.0


def test_a_contour_starts_at_the_effect_and_falls_towards_none_and_past_it():
    model = short_model(hidden_world(2_000, 9, on_choice=0.0, on_outcome=0.0).short, PAIR)
    shares = np.array([0.0, 0.1, 0.5])
    rows = contour(model, shares, shares)
    assert len(rows) == 9
    assert rows[0]["estimate"] == model.shifted(0.0).estimate
    diagonal = [rows[0]["estimate"], rows[4]["estimate"], rows[8]["estimate"]]
    assert diagonal == sorted(diagonal, reverse=True)
    assert diagonal[-1] < 0
    assert all(row["nearer_limit"] < row["estimate"] for row in rows)


def test_a_strength_of_1_in_the_treatment_knows_no_bound():
    assert strength(0.5, 1.0) == float("inf")
    assert strength(0.0, 0.5) == 0.0
    assert strength(0.2, 0.2) == pytest.approx(0.2 / np.sqrt(0.8))
