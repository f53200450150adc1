import numpy as np
import pytest
from scipy.stats import t

from pipelines.causal.calibration import calibrated_propensities
from pipelines.causal.inference import Estimate, clustered_mean, mean_over_repeats, median_of_repeats, wilson_interval
from pipelines.causal.overlap import effective_n, predictability_of_arm, standardised_differences
from pipelines.causal.stacking import log_loss_weights, squared_error_weights


def keys(*codes):
    return np.array([f"t{code}" for code in codes], dtype=object)


def test_with_equal_practitioners_the_variance_is_the_textbook_sum_with_t_of_g_minus_one():
    scores = np.array([1.0, 2.0, 3.0, 5.0, 2.0, 2.0])
    result = clustered_mean(scores, keys(0, 0, 1, 1, 2, 2))
    sums = np.array([3.0, 8.0, 4.0]) - 2 * 2.5
    assert result.standard_error == pytest.approx(np.sqrt(3 / 2 * np.sum(sums**2)) / 6)
    assert result.degrees_of_freedom == pytest.approx(2)
    half = t.ppf(0.975, 2) * result.standard_error
    assert result.interval() == pytest.approx((2.5 - half, 2.5 + half))


def test_with_unequal_practitioners_each_sum_is_corrected_by_its_own_share():
    scores = np.array([1.0, 4.0, 3.0, 4.0])
    result = clustered_mean(scores, keys(0, 1, 1, 1))
    first, second = 1 - 3.0, 4 + 3 + 4 - 3 * 3.0
    assert result.standard_error**2 == pytest.approx((first**2 / (1 - 1 / 4) + second**2 / (1 - 3 / 4)) / 16)
    assert result.degrees_of_freedom == pytest.approx(1)


def test_every_unit_its_own_practitioner_gives_the_usual_standard_error():
    scores = np.random.default_rng(0).normal(size=40)
    result = clustered_mean(scores, np.arange(40).astype(object))
    assert result.standard_error == pytest.approx(scores.std(ddof=1) / np.sqrt(40))
    assert result.degrees_of_freedom == pytest.approx(39)


def test_degrees_of_freedom_are_those_of_the_full_covariance_matrix():
    codes = np.repeat(np.arange(4), [7, 3, 2, 9])
    weight = np.random.default_rng(3).uniform(0.5, 2, codes.size)
    contrast = (codes == np.arange(4)[:, None]) * weight
    share = contrast.sum(axis=1) / weight.sum()
    contrast = (contrast - np.outer(share, weight)) / np.sqrt(1 - share)[:, None]
    covariance = contrast @ contrast.T
    result = clustered_mean(np.arange(codes.size, dtype=float), keys(*codes), weight)
    assert result.degrees_of_freedom == pytest.approx(np.trace(covariance) ** 2 / np.sum(covariance**2))


def test_unequal_practitioners_leave_fewer_degrees_of_freedom():
    sizes = [100, 5, 5, 5, 5, 5]
    codes = np.repeat(np.arange(6), sizes)
    result = clustered_mean(np.random.default_rng(1).normal(size=codes.size), keys(*codes))
    assert 1 < result.degrees_of_freedom < 5


def test_one_practitioner_has_no_interval():
    result = clustered_mean(np.array([1.0, 2.0]), keys(0, 0))
    assert result.estimate == 1.5
    assert np.isnan(result.interval()).all()
    assert clustered_mean(np.zeros(0), keys()).n == 0


def test_repeats_are_aggregated_by_the_median_with_their_spread_added():
    repeats = [Estimate(value, 1.0, 9.0, 100, 10) for value in (1.0, 1.5, 4.0)]
    result = median_of_repeats(repeats)
    assert result.estimate == 1.5
    assert result.standard_error**2 == pytest.approx(1 + 0.5**2)
    scores = np.array([[0.0, 2.0, 0.0, 2.0], [1.0, 1.0, 3.0, 3.0]])
    assert mean_over_repeats(scores, keys(0, 0, 1, 1)).estimate == pytest.approx(1.5)


def test_weights_move_the_mean_as_copies_of_a_row_would():
    scores, codes = np.array([1.0, 5.0, 2.0]), keys(0, 1, 2)
    weighted = clustered_mean(scores, codes, np.array([2.0, 1.0, 1.0]))
    copied = clustered_mean(np.array([1.0, 1.0, 5.0, 2.0]), keys(0, 0, 1, 2))
    assert weighted.estimate == pytest.approx(copied.estimate)
    assert weighted.standard_error == pytest.approx(copied.standard_error)


def test_the_wilson_interval_is_the_published_one():
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20)[0] == 0
    assert wilson_interval(20, 20)[1] == 1
    assert np.isnan(wilson_interval(0, 0)).all()
    with pytest.raises(ValueError, match="0 to n"):
        wilson_interval(3, 2)


def test_effective_size_and_standardised_differences_follow_their_formulas():
    assert effective_n(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    assert effective_n(np.zeros(0)) == 0
    covariates = np.array([[0.0], [1.0], [1.0], [2.0]])
    arm, weights = np.array([0, 0, 1, 1]), np.array([1.0, 3.0, 1.0, 1.0])
    expected = (1.5 - 0.75) / covariates.std()
    assert standardised_differences(covariates, arm, weights, 1, 0) == pytest.approx([expected])


def test_an_arm_decided_by_the_group_is_told_by_its_other_episodes():
    group = np.repeat([0, 1], 50)
    assert predictability_of_arm(group, (group == 1).astype(int), 1, 0) == 1
    mixed = np.tile([0, 1], 50)
    assert predictability_of_arm(group, mixed, 1, 0) < 0.6
    assert np.isnan(predictability_of_arm(group, np.zeros(100, dtype=int), 1, 0))


def test_calibration_makes_the_weighted_arms_resemble_the_population():
    generator = np.random.default_rng(4)
    covariates = generator.normal(size=(800, 10))
    probability = 1 / (1 + np.exp(-covariates[:, 0]))
    arm = (generator.random(800) < probability).astype(np.int64)
    e = np.column_stack([1 - probability, probability])
    rows = np.arange(800)
    before = standardised_differences(covariates, arm, 1 / e[rows, arm], 1, 0)
    tilted = calibrated_propensities(e, covariates, arm, np.ones(800))
    after = standardised_differences(covariates, arm, 1 / tilted[rows, arm], 1, 0)
    assert np.abs(before).max() > 0.08
    assert np.abs(after).max() < 0.03
    assert ((tilted > 0) & (tilted < 1)).all()
    assert np.corrcoef(e[:, 1], tilted[:, 1])[0, 1] > 0.95


def test_stacks_find_the_better_candidate_and_stay_on_the_simplex():
    generator = np.random.default_rng(7)
    y = generator.normal(size=500)
    good, poor = y + generator.normal(0, 0.3, 500), generator.normal(size=500)
    weights = squared_error_weights(np.column_stack([good, poor]), y, np.ones(500))
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0
    assert weights[0] > 0.9
    likely = np.column_stack([np.full(500, 0.8), np.full(500, 0.3)])
    assert log_loss_weights(likely, np.ones(500))[0] > 0.99


def test_scores_that_fall_back_within_a_practitioner_do_not_narrow_the_interval():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=400)
    practitioner = np.repeat([f"p{i}" for i in range(40)], 10).astype(object)
    falling_back = scores - np.repeat(scores.reshape(40, 10).mean(axis=1), 10)
    found = clustered_mean(falling_back, practitioner)
    assert found.standard_error >= falling_back.std(ddof=1) / np.sqrt(400) - 1e-12


def test_the_interval_of_a_share_always_holds_it_to_the_last_digit():
    for n in range(1, 400):
        for successes, share in ((0, 0.0), (n, 1.0)):
            lower, upper = wilson_interval(successes, n, 0.9975)
            assert lower <= share <= upper
