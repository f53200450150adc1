import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.gains import StackedDRLearner
from tests.causal.worlds import linear_clinic

FAST = ("linear",)
COVARIATES = ["severity", "age", "is_smoker", "work"]


def world(n, seed, gain, *, noise=1.0, arms=2):
    """Confounded people: `gain(x)` (n, arms - 1) against arm '0'; the outcome worsens with x0 whatever is done."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 5))
    logits = np.column_stack([np.zeros(n), *[(0.6 - 0.2 * k) * x[:, 0] for k in range(arms - 1)]])
    arm = (logits + generator.gumbel(size=(n, arms))).argmax(axis=1)
    gains = np.asarray(gain(x), dtype=float).reshape(n, arms - 1)
    means = np.column_stack([np.zeros(n), gains]) + (1.5 * np.sin(x[:, 1]) - 2 * x[:, 0])[:, None]
    y = means[np.arange(n), arm] + generator.normal(0, noise, n)
    return pd.DataFrame(x, columns=list("abcde")), arm.astype(str), y, gains


def fitted(x, arm, y, **settings):
    named = {name: settings.pop(name) for name in ("groups", "practitioner", "sample_weight") if name in settings}
    return StackedDRLearner(**({"learners": FAST, "repeats": 1, "seed": 3} | settings)).fit(x, arm, y, **named)


def error(gains, truth):
    return float(np.sqrt(np.mean((gains - truth) ** 2)))


def modifier(x):
    return 1.0 + 2.0 * x[:, 2]


def test_where_everybody_gains_the_same_gains_lie_near_the_average():
    weights, errors = [], []
    for seed in range(6):
        x, arm, y, truth = world(500, seed, lambda x: np.ones(len(x)))
        model = fitted(x, arm, y, learners=("linear", "boosting") if seed == 0 else FAST, folds=3)
        weights.append(model.weights_["1", "0"]["constant"] + model.weights_["1", "0"]["pooled_arms"])
        errors.append(error(model.gains_, truth))
    assert np.mean(weights) > 0.7, "those that shrink to the average have the weight"
    assert np.mean(errors) < 0.2


def test_where_a_factor_changes_the_gain_gains_follow_it_out_of_fold_and_for_new_people():
    x, arm, y, truth = world(600, 1, modifier)
    model = fitted(x, arm, y)
    new, _, _, new_truth = world(200, 2, modifier)
    for gains, true in ((model.gains_, truth), (model.predict(new), new_truth)):
        assert np.corrcoef(gains[:, 0], true[:, 0])[0, 1] > 0.95
        assert error(gains, true) < 0.35 * true.std()
    assert model.weights_["1", "0"]["constant"] < 0.2


def test_a_curve_of_two_covariates_together_is_followed_better_with_all_learners_than_with_lines_and_steps():
    x, arm, y, truth = world(600, 5, lambda x: 2 * np.sin(x[:, 2] + x[:, 1]))
    straight = fitted(x, arm, y)
    every = StackedDRLearner(learners=("linear", "kernel", "boosting"), seed=3, repeats=1, folds=4).fit(x, arm, y)
    assert error(every.gains_, truth) < 0.9 * error(straight.gains_, truth)
    assert error(every.gains_, truth) < 0.75 * truth.std()


def test_a_curve_of_one_covariate_is_followed_by_steps_alone():
    x, arm, y, truth = world(600, 5, lambda x: 2 * np.sin(2 * x[:, 2]))
    assert error(fitted(x, arm, y).gains_, truth) < 0.6 * truth.std()


def test_gains_of_a_binary_outcome_are_risk_differences_nearer_the_truth_than_the_average():
    generator = np.random.default_rng(4)
    x = generator.normal(size=(2000, 4))
    arm = (generator.random(2000) < 1 / (1 + np.exp(-0.5 * x[:, 0]))).astype(int)
    risk = 1 / (1 + np.exp(-(0.5 * x[:, [0]] + np.outer(x[:, 1], [-1.0, 1.0]))))
    y = (generator.random(2000) < risk[np.arange(2000), arm]).astype(float)
    truth = risk[:, 1] - risk[:, 0]
    model = fitted(x, arm, y)
    assert model.is_binary_
    assert np.abs(model.gains_).max() <= 1
    assert error(model.gains_[:, 0], truth) < 0.5 * truth.std()
    assert model.gains_.mean() == pytest.approx(truth.mean(), abs=0.06)


def test_each_contrast_of_three_arms_has_a_stack_of_its_own():
    x, arm, y, truth = world(1500, 6, lambda x: np.column_stack([np.full(len(x), 1.0), modifier(x)]), arms=3)
    model = fitted(x, arm, y, contrasts=[("1", "0"), ("2", "0"), ("2", "1")])
    assert model.contrasts_ == [("1", "0"), ("2", "0"), ("2", "1")]
    assert error(model.gains_[:, 0], truth[:, 0]) < 0.3
    for column, true in ((1, truth[:, 1]), (2, truth[:, 1] - truth[:, 0])):
        assert np.corrcoef(model.gains_[:, column], true)[0, 1] > 0.95
    assert model.weights_["1", "0"]["constant"] > 2 * model.weights_["2", "1"]["constant"]
    assert all(sum(weights.values()) == pytest.approx(1.0) for weights in model.weights_.values())
    assert fitted(x, arm, y, reference="2").contrasts_ == [("0", "2"), ("1", "2")]


def test_a_gain_owes_nothing_to_any_outcome_of_its_own_fold():
    x, arm, y, _ = world(300, 7, modifier)
    model = StackedDRLearner(seed=3, repeats=1, folds=3).fit(x, arm, y)
    fold = model.folds_[0]
    changed = np.where(fold == fold[0], -3 * y[::-1] + 50, y)
    again = StackedDRLearner(seed=3, repeats=1, folds=3).fit(x, arm, changed)
    assert (again.folds_ == model.folds_).all()
    assert again.gains_[fold == fold[0]].tobytes() == model.gains_[fold == fold[0]].tobytes()
    assert (again.gains_[fold != fold[0]] != model.gains_[fold != fold[0]]).all()


def test_a_repeated_fit_and_a_copied_model_give_the_same_bytes():
    x, arm, y, _ = world(200, 8, modifier)
    settings = {"learners": ("linear", "kernel", "boosting"), "folds": 3, "repeats": 2}
    first, second = fitted(x, arm, y, **settings), fitted(x, arm, y, **settings)
    assert first.gains_.dtype == np.float64
    assert first.gains_.tobytes() == second.gains_.tobytes()
    assert first.predict(x).tobytes() == copy.deepcopy(second).predict(x).tobytes()
    assert first.gains_.tobytes() != fitted(x, arm, y, **settings | {"seed": 4}).gains_.tobytes()


def test_the_order_of_rows_does_not_matter_when_patients_are_named():
    x, arm, y, _ = world(200, 9, modifier)
    patient = np.array([f"p{k:03d}" for k in range(200)])
    shuffled = np.random.default_rng(1).permutation(200)
    model = fitted(x, arm, y, groups=patient)
    again = fitted(x.iloc[shuffled], arm[shuffled], y[shuffled], groups=patient[shuffled])
    assert again.gains_.tobytes() == model.gains_[shuffled].tobytes()
    assert (again.folds_ == model.folds_[:, shuffled]).all()


def test_another_unit_of_the_outcome_is_another_unit_of_the_gains():
    x, arm, y, _ = world(300, 10, modifier)
    settings = {"learners": ("linear", "kernel", "boosting"), "folds": 3}
    gains = fitted(x, arm, y, **settings).gains_
    rescaled = fitted(x, arm, 8 * y - 20, **settings).gains_
    assert np.allclose(rescaled, 8 * gains, atol=1e-6)


def test_names_of_arms_do_not_matter_and_the_other_reference_turns_the_sign():
    x, arm, y, _ = world(300, 11, modifier)
    gains = fitted(x, arm, y).gains_
    renamed = fitted(x, np.where(arm == "1", "manipulation", "exercise"), y)
    assert renamed.contrasts_ == [("manipulation", "exercise")]
    assert renamed.gains_.tobytes() == gains.tobytes()
    turned = fitted(x, arm, y, reference="1").gains_
    assert np.corrcoef(turned[:, 0], gains[:, 0])[0, 1] < -0.98
    assert turned.mean() == pytest.approx(-gains.mean(), abs=0.1)


def test_rows_of_a_patient_share_a_fold():
    x, arm, y, _ = world(300, 12, modifier)
    patient = np.random.default_rng(2).integers(0, 120, 300)
    folds = fitted(x, arm, y, groups=patient, repeats=2).folds_
    assert folds.shape == (2, 300)
    assert all(pd.Series(fold).groupby(patient).nunique().max() == 1 for fold in folds)


def test_the_mean_of_the_gains_is_the_doubly_robust_average_effect():
    frame = linear_clinic(800, 13, practitioners=12)
    arguments = {"practitioner": frame["practitioner_key"]}
    model = StackedDRLearner(learners=FAST).fit(frame[COVARIATES], frame["arm"], frame["pain_12wk"], **arguments)
    aipw = CrossFittedAIPW(learners=FAST, repeats=1)
    effect = aipw.fit(frame[COVARIATES], frame["pain_12wk"], frame["arm"], **arguments).contrast(*aipw.arms_)
    assert model.gains_.mean() == pytest.approx(-effect.estimate, abs=0.12)
    assert abs(model.gains_.mean() + 1.0) < 3 * effect.standard_error


def test_outcomes_that_are_missing_by_what_is_recorded_leave_the_average_right_where_the_outcome_model_is_wrong():
    x, arm, y, truth = world(3000, 14, lambda x: np.exp(x[:, 2]))
    stays = np.random.default_rng(3).random(3000) < 1 / (1 + np.exp(np.where(arm == "1", 1.2 * x["c"] - 0.5, -2.0)))
    model = fitted(x, arm, np.where(stays, y, np.nan))
    assert np.isfinite(model.gains_).all()
    assert model.gains_.mean() == pytest.approx(truth.mean(), abs=0.15)
    assert abs(truth[stays & (arm == "1")].mean() - truth.mean()) > 0.5


def test_outcomes_that_are_missing_by_the_early_course_leave_the_average_right_when_it_is_told():
    x, arm, y, truth = world(3000, 15, modifier)
    noise = np.random.default_rng(4).normal(size=3000)
    y = y + 2.0 * noise
    answers = np.random.default_rng(5).random(3000) < 1 / (1 + np.exp(np.where(arm == "1", 1.5 * noise, -1.5 * noise)))
    seen = np.where(answers, y, np.nan)
    learner = StackedDRLearner(learners=FAST, repeats=1, seed=3)
    told = learner.fit(x, arm, seen, observation_X=pd.DataFrame({"early": noise})).gains_
    assert told.mean() == pytest.approx(truth.mean(), abs=0.25)
    assert error(told, truth) < 0.4 * truth.std()
    assert fitted(x, arm, seen).gains_.mean() < truth.mean() - 1.0


def test_a_gain_is_that_of_an_average_practitioner_whoever_treats():
    x, arm, y, _ = world(300, 19, modifier)
    keeper = np.random.default_rng(5).integers(0, 5, 300)
    by_practitioner = y + np.where(arm == "1", 3.0 * (keeper - 2), 0.0)
    twins = np.concatenate([np.arange(300), np.arange(300)])
    treated_by = np.concatenate([keeper, (keeper + 2) % 5])
    people, arms, outcomes = x.iloc[twins], arm[twins], by_practitioner[twins]
    model = fitted(people, arms, outcomes, groups=twins, practitioner=treated_by, folds=3)
    assert np.allclose(model.gains_[:300], model.gains_[300:], atol=1e-9)
    assert model.gains_.std() > 0.5


def test_people_without_weight_do_not_move_the_gains_of_others():
    x, arm, y, truth = world(600, 15, modifier)
    has_weight = np.arange(600) % 3 > 0
    broken = np.where(has_weight, y, 40.0 * (arm == "1"))
    assert error(fitted(x, arm, broken).gains_, truth) > 5
    model = fitted(x, arm, broken, sample_weight=has_weight.astype(float))
    assert error(model.gains_[has_weight], truth[has_weight]) < 0.4 * truth.std()


def test_new_people_may_lack_values_and_bring_new_words_and_are_read_one_by_one():
    frame = linear_clinic(400, 16)
    model = StackedDRLearner(learners=("linear", "boosting"), repeats=1, folds=3)
    model.fit(frame[COVARIATES], frame["arm"], frame["pain_12wk"], practitioner=frame["practitioner_key"])
    new = frame[COVARIATES].head(6).copy()
    new["age"] = np.nan
    new["work"] = "diver"
    gains = model.predict(new)
    assert np.isfinite(gains).all()
    one_by_one = np.vstack([model.predict(new.iloc[[k]]) for k in range(6)])
    assert np.allclose(one_by_one, gains, atol=1e-12)
    with pytest.raises(ValueError, match="the covariate 'age' is missing"):
        model.predict(new.drop(columns="age"))
    with pytest.raises(ValueError, match="'severity' must be a number"):
        model.predict(new.assign(severity="high"))


def test_the_learner_can_be_cloned_and_refuses_to_predict_before_it_is_fitted():
    model = StackedDRLearner(folds=4, reference="0", learners=FAST)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert copy.set_params(folds=6).folds == 6
    with pytest.raises(NotFittedError):
        copy.predict(np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"folds": 2}, "folds must be at least 3"),
        ({"repeats": 0}, "repeats at least 1"),
        ({"reference": "2"}, "arms .'2'. are not among"),
        ({"arms": ("0", "7")}, "arms .'1'. are not among"),
        ({"contrasts": [("1", "1")]}, "pairs of two different arms"),
        ({"learners": ("kernel",)}, "with 'linear'"),
        ({"learners": ("linear", "neural")}, "learners must be of"),
        ({"groups": np.repeat([0, 1], 30)}, "5 folds need at least 5 patients, found 2"),
        ({"groups": np.arange(7)}, "groups must have one value for each of the 60 rows"),
        ({"sample_weight": np.full(60, -1.0)}, "not negative"),
        ({"sample_weight": np.zeros(60)}, "not all zero"),
    ],
)
def test_a_bad_setting_is_an_error_that_says_what_was_found(settings, said):
    x, arm, y, _ = world(60, 17, modifier)
    with pytest.raises(ValueError, match=said):
        fitted(x, arm, y, **settings)


def test_bad_arms_and_outcomes_are_errors_that_say_so():
    x, arm, y, _ = world(60, 18, modifier)
    with pytest.raises(ValueError, match="at least two are needed"):
        fitted(x, np.full(60, "0"), y)
    with pytest.raises(ValueError, match="treatment is missing for some rows"):
        fitted(x, np.where(np.arange(60) == 5, None, arm), y)
    with pytest.raises(ValueError, match="outcome must have one value for each of the 60 rows"):
        fitted(x, arm, y[:-1])
    with pytest.raises(ValueError, match="arm '1' has 0 known outcomes; 5 folds need 5"):
        fitted(x, arm, np.where(arm == "1", np.nan, y))
