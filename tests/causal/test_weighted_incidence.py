import numpy as np
import pytest

from pipelines.causal.censoring import followed_weights, interval_of
from pipelines.causal.survival import cumulative_incidence
from pipelines.causal.weighted_incidence import Courses, days_until, on_day, weighted_incidence

N_DAYS = 31


def courses(n, seed, practitioners=12, weight=None):
    rng = np.random.default_rng(seed)
    return Courses(
        arm=rng.integers(0, 2, n),
        practitioner=rng.integers(0, practitioners, n),
        day=rng.integers(0, N_DAYS, n),
        event=rng.integers(0, 3, n),
        weight=np.ones((n, N_DAYS)) if weight is None else weight,
    )


def test_with_weights_of_1_it_is_the_unweighted_curve():
    given = courses(300, 1)
    for arm in (0, 1):
        rows = given.arm == arm
        plain, weighted = cumulative_incidence(given.day[rows], given.event[rows]), weighted_incidence(given, arm)
        days = plain.time.astype(int)
        assert weighted.incidence[days] == pytest.approx(plain.incidence, abs=1e-14)
        assert weighted.competing[days] == pytest.approx(plain.competing, abs=1e-14)
        assert weighted.n_at_risk[days].tolist() == plain.at_risk.tolist()


def test_a_weight_of_2_is_the_same_as_an_episode_twice():
    given = courses(200, 2)
    twice = np.repeat(np.arange(200), np.where(given.event == 1, 2, 1))
    weight = np.where(given.event == 1, 2.0, 1.0)[:, None] * np.ones((200, N_DAYS))
    doubled = Courses(
        given.arm[twice], given.practitioner[twice], given.day[twice], given.event[twice], np.ones((len(twice), N_DAYS))
    )
    weighted = Courses(given.arm, given.practitioner, given.day, given.event, weight)
    assert weighted_incidence(weighted, 1).incidence == pytest.approx(weighted_incidence(doubled, 1).incidence)


def test_the_standard_error_is_that_of_the_delta_method_when_practitioners_do_not_differ():
    given = courses(4000, 3, practitioners=100)
    rows = given.arm == 0
    plain = cumulative_incidence(given.day[rows], given.event[rows])
    estimate = weighted_incidence(given, 0).estimate(on_day(15, N_DAYS))
    expected = np.sqrt(plain.variance[int(np.searchsorted(plain.time, 15))])
    assert estimate.standard_error == pytest.approx(expected, rel=0.25)
    assert estimate.n_practitioners == 100


def test_practitioners_who_differ_widen_the_interval():
    rng = np.random.default_rng(4)
    practitioner = np.repeat(np.arange(20), 50)
    event = (rng.random(1000) < np.where(practitioner < 10, 0.2, 0.8)).astype(int)
    day = rng.integers(1, N_DAYS, 1000)
    same = Courses(np.zeros(1000, int), practitioner, day, event, np.ones((1000, N_DAYS)))
    shuffled = Courses(same.arm, rng.permutation(practitioner), day, event, same.weight)
    errors = [weighted_incidence(one, 0).estimate(on_day(30, N_DAYS)).standard_error for one in (same, shuffled)]
    assert errors[0] > 1.5 * errors[1]


def test_days_improved_is_the_area_under_the_curve():
    given = Courses(np.zeros(2, int), np.array([0, 1]), np.array([3, 10]), np.array([1, 1]), np.ones((2, N_DAYS)))
    estimate = weighted_incidence(given, 0).estimate(days_until(20, N_DAYS))
    assert estimate.estimate == pytest.approx((17 + 10) / 2)


def test_one_practitioner_gives_no_interval():
    estimate = weighted_incidence(courses(50, 5, practitioners=1), 0).estimate(on_day(20, N_DAYS))
    assert np.isnan(estimate.standard_error)


def test_a_week_ends_on_its_seventh_day():
    assert interval_of(np.array([0, 1, 7, 8, 14, 15, 84])).tolist() == [0, 0, 0, 1, 1, 2, 11]


def test_followed_weights_are_the_inverse_of_the_true_probability():
    rng = np.random.default_rng(6)
    n, x = 6000, rng.normal(size=(6000, 2))
    rate = 0.01 * np.exp(0.8 * x[:, 0])
    lost_on = rng.exponential(1 / rate)
    day, is_lost = np.minimum(np.ceil(lost_on), 30).astype(int), lost_on < 30
    weights = followed_weights(x, np.zeros(n, int), day, is_lost, 30)
    assert weights.shape == (n, 5)
    assert (weights[:, 0] == 1).all()
    truth = np.exp(rate * 28)
    few = truth < 5
    assert np.median(np.abs(weights[few, 4] / truth[few] - 1)) < 0.05
    assert np.corrcoef(np.log(weights[:, 4]), np.log(truth))[0, 1] > 0.95


def test_with_hardly_anybody_lost_nobody_is_weighted():
    day, is_lost = np.full(100, 30), np.zeros(100, bool)
    is_lost[:9], day[:9] = True, 3
    assert (followed_weights(np.zeros((100, 0)), np.zeros(100, int), day, is_lost, 30) == 1).all()
