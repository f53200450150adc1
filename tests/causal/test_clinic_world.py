import numpy as np
import pandas as pd
import pytest

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.features import encode
from tests.causal.worlds import linear_clinic

PAIRS = (("1", "0"), ("2", "0"), ("2", "1"))


def fitted(world, data, **settings):
    practitioner = pd.Series([f"t{k}" for k in data["prov"]])
    design = encode(pd.DataFrame(data["X"], columns=world.NAMES), practitioner)
    estimator = CrossFittedAIPW(**({"learners": ("linear",), "repeats": 1} | settings))
    return estimator.fit(design, data["y"], data["a"], practitioner=practitioner)


def naive(data, treated, comparator):
    return float(data["y"][data["a"] == int(treated)].mean() - data["y"][data["a"] == int(comparator)].mean())


def population_truth(world):
    mu = world.make(n=200_000, seed=999)["mu"]
    return {pair: float((mu[:, int(pair[0])] - mu[:, int(pair[1])]).mean()) for pair in PAIRS}


def test_the_naive_difference_has_the_wrong_sign_where_weighting_and_modelling_do_not(clinic_world):
    data = clinic_world.make(n=4000, seed=1)
    truth = population_truth(clinic_world)["2", "1"]
    result = fitted(clinic_world, data, learners=("linear", "boosting")).contrast("2", "1")
    assert truth == pytest.approx(-1.0, abs=0.1)
    assert naive(data, "2", "1") > 1.5
    assert result.interval()[0] < truth < result.interval()[1]
    assert result.estimate < 0


def test_every_contrast_of_the_clinic_world_is_covered_over_a_few_seeds(clinic_world):
    truth = population_truth(clinic_world)
    errors, covered = [], []
    for seed in range(12):
        model = fitted(clinic_world, clinic_world.make(n=2000, seed=seed))
        for pair in PAIRS:
            lower, upper = model.contrast(*pair).interval()
            errors.append(model.contrast(*pair).estimate - truth[pair])
            covered.append(lower <= truth[pair] <= upper)
    assert abs(np.mean(errors)) < 0.35
    assert np.mean(covered) >= 0.85


COVARIATES = ["severity", "age", "is_smoker", "work"]


def one_run(seed, *, is_adjusted=True, **world):
    frame = linear_clinic(600, seed, **world)
    keys = frame["practitioner_key"]
    design = encode(frame[COVARIATES], keys if is_adjusted else None)
    model = CrossFittedAIPW(learners=("linear",), repeats=1, seed=seed)
    model.fit(design, frame["pain_12wk"], frame["arm"], practitioner=keys)
    return model.contrast("add_manipulation", "continue_without")


def test_intervals_of_a_linear_world_cover_the_truth_at_about_their_rate():
    covered, errors = [], []
    for seed in range(50):
        result = one_run(seed)
        lower, upper = result.interval()
        covered.append(lower <= 1.0 <= upper)
        errors.append(result.estimate - 1.0)
    assert 0.88 <= np.mean(covered) <= 1.0
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(50) + 0.02


def test_better_practitioners_who_manipulate_more_bias_only_what_ignores_them():
    adjusted, ignored = [], []
    for seed in range(15):
        world = {"habit_spread": 0.6, "skill_spread": 0.8, "skill_follows_habit": True}
        adjusted.append(one_run(seed, **world).estimate - 1.0)
        ignored.append(one_run(seed, is_adjusted=False, **world).estimate - 1.0)
    assert np.mean(ignored) > 0.3
    assert abs(np.mean(adjusted)) < 0.1


@pytest.mark.long
def test_intervals_in_the_clinic_world_cover_in_93_to_97_percent_of_200_seeds(clinic_world, record_property):
    truth = population_truth(clinic_world)
    covered = {pair: [] for pair in PAIRS}
    errors = {pair: [] for pair in PAIRS}
    for seed in range(200):
        model = fitted(clinic_world, clinic_world.make(n=2000, seed=seed), seed=seed)
        for pair in PAIRS:
            lower, upper = model.contrast(*pair).interval()
            covered[pair].append(lower <= truth[pair] <= upper)
            errors[pair].append(model.contrast(*pair).estimate - truth[pair])
    for pair in PAIRS:
        record_property(f"coverage and bias of {pair}", (np.mean(covered[pair]), np.mean(errors[pair])))
        assert 0.93 <= np.mean(covered[pair]) <= 0.98
        assert abs(np.mean(errors[pair])) < 0.2


@pytest.mark.long
def test_intervals_where_better_practitioners_manipulate_more_cover_over_200_seeds(record_property):
    world = {"habit_spread": 0.6, "skill_spread": 0.8, "skill_follows_habit": True}
    results = [one_run(seed, **world) for seed in range(200)]
    covered = [result.interval()[0] <= 1.0 <= result.interval()[1] for result in results]
    bias = np.mean([result.estimate for result in results]) - 1.0
    record_property("coverage and bias", (np.mean(covered), bias))
    assert 0.93 <= np.mean(covered) <= 0.98
    assert abs(bias) < 0.06
