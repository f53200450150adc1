import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipelines.causal.pooled import fit_pooled_arms

COVARIATES, PRACTITIONERS, ARMS = 12, 15, 3


def standardised(columns):
    return (columns - columns.mean(axis=0)) / columns.std(axis=0)


def world(seed, n=1500, difference=2.0):
    """Arms share a prognosis of two covariates; the third changes what arm 2 adds; practitioners differ in skill."""
    generator = np.random.default_rng(seed)
    x = standardised(generator.normal(size=(n, COVARIATES)))
    by = generator.integers(0, PRACTITIONERS, n)
    skill = generator.normal(0, 2, PRACTITIONERS)
    practitioner = standardised((by[:, None] == np.arange(PRACTITIONERS)).astype(float))
    arm = generator.integers(0, ARMS, n)
    gain = 1.0 + difference * x[:, 2]
    y = 4 * x[:, 0] - 3 * x[:, 1] + gain * (arm == 2) + skill[by] + generator.normal(0, 4, n)
    return np.hstack([x, practitioner]), y, arm, gain


def fitted(x, y, arm, weight=None):
    weight = np.ones(len(y)) if weight is None else weight
    return fit_pooled_arms(x, y, arm, weight, n_arms=ARMS, n_practitioner_columns=PRACTITIONERS, seed=1)


def test_what_arms_share_and_how_they_differ_are_found():
    errors, ratios = [], []
    for seed in range(5):
        x, y, arm, gain = world(seed)
        model = fitted(x, y, arm)
        said = model.predict(x)
        errors.append(said[:, 2] - said[:, 0] - gain)
        ratios.append(model.coefficients[0] / 4)
    assert np.sqrt(np.mean(np.square(errors))) < 0.5
    assert_allclose(np.mean(ratios, axis=0), 1, atol=0.05)


def test_a_covariate_that_matters_for_nothing_is_shrunk_more_than_one_that_matters():
    x, y, arm, _ = world(seed=1)
    found = fitted(x, y, arm).coefficients
    in_each_arm = [np.column_stack([np.ones(own.sum()), x[own]]) for own in (arm == k for k in range(ARMS))]
    plain = [np.linalg.lstsq(columns, y[arm == k], rcond=None)[0][1:] for k, columns in enumerate(in_each_arm)]
    squares, plain_squares = found[3:COVARIATES] ** 2, np.column_stack(plain)[3:COVARIATES] ** 2
    assert squares.mean() < 0.25 * plain_squares.mean()
    assert_allclose(found[0], 4, rtol=0.05)


def test_gains_are_not_said_with_too_much_confidence():
    slopes = []
    for seed in range(20):
        x, y, arm, gain = world(seed, n=500, difference=0.7)
        said = fitted(x, y, arm).predict(x)
        slopes.append(np.cov(gain, said[:, 2] - said[:, 0])[0, 1] / np.var(said[:, 2] - said[:, 0], ddof=1))
    assert np.median(slopes) > 0.75


def test_where_arms_differ_by_the_same_for_everybody_gains_hardly_vary():
    spreads = []
    for seed in range(5):
        x, y, arm, _ = world(seed, difference=0.0)
        said = fitted(x, y, arm).predict(x)
        spreads.append((said[:, 2] - said[:, 0]).std())
    assert np.mean(spreads) < 0.35


def test_practitioners_have_the_same_effect_in_every_arm():
    x, y, arm, _ = world(seed=2)
    skills = fitted(x, y, arm).coefficients[COVARIATES:]
    assert_allclose(skills, np.repeat(skills[:, :1], ARMS, axis=1))
    assert np.abs(skills).max() > 0


def test_another_unit_of_the_outcome_and_other_names_of_the_treated_arms_change_nothing_else():
    x, y, arm, _ = world(seed=3)
    said = fitted(x, y, arm).predict(x)
    assert_allclose(fitted(x, 10 * y + 7, arm).predict(x), 10 * said + 7)
    renamed = np.array([0, 2, 1])
    assert_allclose(fitted(x, y, renamed[arm]).predict(x)[:, renamed], said, atol=1e-8)


def test_rows_of_weight_0_do_not_count():
    x, y, arm, _ = world(seed=4)
    is_counted = np.arange(len(y)) % 3 > 0
    with_all = fitted(x, np.where(is_counted, y, 100.0), arm, is_counted.astype(float))
    assert_allclose(with_all.predict(x), fitted(x[is_counted], y[is_counted], arm[is_counted]).predict(x))


@pytest.mark.parametrize("n", [4, 40])
def test_fewer_rows_than_terms_give_finite_means(n):
    x, y, arm, _ = world(seed=5)
    assert np.isfinite(fitted(x[:n], y[:n], arm[:n]).predict(x)).all()


def test_an_outcome_without_spread_is_its_mean():
    x, _, arm, _ = world(seed=6)
    assert_allclose(fitted(x, np.full(len(x), 3.0), arm).predict(x), 3.0)
