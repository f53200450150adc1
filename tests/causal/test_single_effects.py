import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipelines.causal.pooled import fit_pooled_arms
from pipelines.causal.single_effects import fit_single_effects
from tests.causal.test_pooled import ARMS, PRACTITIONERS, world


def fitted(x, y, arm, weight=None, model=fit_single_effects, seed=1):
    weight = np.ones(len(y)) if weight is None else weight
    return model(x, y, arm, weight, n_arms=ARMS, n_practitioner_columns=PRACTITIONERS, seed=seed)


def of_arm_2(said):
    return said[:, 2] - said[:, 0]


def test_thresholds_are_followed_better_than_by_lines():
    lines, effects = [], []
    for seed in range(4):
        x, y, arm, _ = world(seed, difference=0.0)
        gain = 1.0 + 3.0 * (x[:, 4] > 0.4) - 3.0 * (x[:, 5] > -0.6)
        y = y + (gain - 1.0) * (arm == 2)
        for model, errors in ((fit_pooled_arms, lines), (fit_single_effects, effects)):
            errors.append(np.std(of_arm_2(fitted(x, y, arm, model=model).predict(x)) - gain))
    assert np.mean(effects) < 0.75 * np.mean(lines)


def test_a_gain_that_is_a_line_is_found_nearly_as_well_as_by_lines():
    lines, effects = [], []
    for seed in range(5):
        x, y, arm, gain = world(seed)
        for model, errors in ((fit_pooled_arms, lines), (fit_single_effects, effects)):
            errors.append(np.std(of_arm_2(fitted(x, y, arm, model=model).predict(x)) - gain))
    assert np.mean(effects) < 1.4 * np.mean(lines)


def test_gains_are_not_said_with_too_much_confidence():
    slopes = []
    for seed in range(15):
        x, y, arm, gain = world(seed, n=500, difference=0.7)
        said = of_arm_2(fitted(x, y, arm).predict(x))
        slopes.append(np.cov(gain, said)[0, 1] / np.var(said, ddof=1))
    assert np.median(slopes) > 0.75


def test_where_arms_differ_by_the_same_for_everybody_gains_hardly_vary():
    spreads = []
    for seed in range(5):
        x, y, arm, _ = world(seed, difference=0.0)
        spreads.append(of_arm_2(fitted(x, y, arm).predict(x)).std())
    assert np.mean(spreads) < 0.5


def test_practitioners_have_the_same_effect_in_every_arm():
    x, y, arm, _ = world(seed=2)
    skills = fitted(x, y, arm).regression.coefficients[-PRACTITIONERS:]
    assert_allclose(skills, np.repeat(skills[:, :1], ARMS, axis=1))
    assert np.abs(skills).max() > 0


def test_another_unit_of_the_outcome_and_other_names_of_the_treated_arms_change_nothing_else():
    x, y, arm, _ = world(seed=3)
    said = fitted(x, y, arm).predict(x)
    assert_allclose(fitted(x, 10 * y + 7, arm).predict(x), 10 * said + 7, atol=1e-6)
    renamed = np.array([0, 2, 1])
    assert_allclose(fitted(x, y, renamed[arm]).predict(x)[:, renamed], said, atol=1e-6)


def test_the_same_seed_gives_the_same_numbers_and_another_nearly_the_same():
    x, y, arm, gain = world(seed=1)
    said, again, other = (of_arm_2(fitted(x, y, arm, seed=seed).predict(x)) for seed in (1, 1, 2))
    assert (said == again).all()
    assert 0 < np.std(said - other) < 0.3 * gain.std()


def test_weights_of_2_are_rows_that_stand_there_twice_but_for_the_rows_they_count_as():
    x, y, arm, _ = world(seed=4)
    twice = np.arange(len(y)) % 3 == 0
    weighted = of_arm_2(fitted(x, y, arm, 1.0 + twice).predict(x))
    rows = np.append(np.arange(len(y)), np.flatnonzero(twice))
    repeated = of_arm_2(fitted(x[rows], y[rows], arm[rows]).predict(x))
    plain = of_arm_2(fitted(x, y, arm).predict(x))
    assert np.std(weighted - repeated) < np.std(plain - repeated)


@pytest.mark.parametrize("n", [4, 40])
def test_fewer_rows_than_terms_give_finite_means(n):
    x, y, arm, _ = world(seed=5)
    assert np.isfinite(fitted(x[:n], y[:n], arm[:n]).predict(x)).all()


def test_a_column_without_spread_and_an_arm_without_rows_say_nothing():
    x, y, arm, _ = world(seed=5, n=300)
    x[:, 6] = 0.0
    found = fitted(x[arm != 1], y[arm != 1], arm[arm != 1])
    assert np.isfinite(found.predict(x)).all()
    own = found.regression.coefficients[len(found.cuts.at) + 6]
    assert_allclose(own, own[0])


def test_an_outcome_without_spread_is_its_mean():
    x, _, arm, _ = world(seed=6)
    assert_allclose(fitted(x, np.full(len(x), 3.0), arm).predict(x), 3.0)
