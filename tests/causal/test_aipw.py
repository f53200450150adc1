import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from pipelines.causal.aipw import CrossFittedAIPW, aipw_scores
from pipelines.causal.calibration import standardised_among
from pipelines.causal.folds import assign_folds
from tests.causal.worlds import linear_clinic

COVARIATES = ["severity", "age", "is_smoker", "work"]


def fitted(frame, *, y=None, **parameters):
    estimator = CrossFittedAIPW(**({"learners": ("linear",), "repeats": 1, "seed": 5} | parameters))
    outcome = frame["pain_12wk"] if y is None else y
    return estimator.fit(
        frame[COVARIATES], outcome, frame["arm"], patient=frame["patient_key"], practitioner=frame["practitioner_key"]
    )


def test_scores_of_a_tiny_table_are_those_worked_out_by_hand():
    mu = np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 5.0]])
    e = np.array([[0.5, 0.5], [0.8, 0.2], [0.4, 0.6]])
    g = np.array([[1.0, 1.0], [0.5, 0.5], [0.9, 0.9]])
    y = np.array([3.0, 4.0, np.nan])
    scores = aipw_scores(mu, e, g, y, np.array([0, 1, 1]))
    assert scores.tolist() == [[1 + (3 - 1) / 0.5, 2.0], [1.0, 2 + (4 - 2) / (0.2 * 0.5)], [3.0, 5.0]]


def mean_contrast(mu, e, y, arm):
    scores = aipw_scores(mu, e, np.ones_like(e), y, arm)
    return float((scores[:, 1] - scores[:, 0]).mean())


@pytest.mark.parametrize("wrong", ["outcome", "propensity"])
def test_one_wrong_nuisance_model_of_the_two_does_no_harm(wrong):
    generator = np.random.default_rng(1)
    n = 200_000
    severity = generator.normal(size=n)
    probability = 1 / (1 + np.exp(-severity))
    arm = (generator.random(n) < probability).astype(np.int64)
    y = -2 * severity + 1.0 * arm + generator.normal(size=n)
    right_mu = np.column_stack([-2 * severity, -2 * severity + 1])
    right_e = np.column_stack([1 - probability, probability])
    mu = np.full((n, 2), y.mean()) if wrong == "outcome" else right_mu
    e = np.full((n, 2), 0.5) if wrong == "propensity" else right_e
    assert mean_contrast(mu, e, y, arm) == pytest.approx(1.0, abs=0.05)
    both_wrong = mean_contrast(np.full((n, 2), y.mean()), np.full((n, 2), 0.5), y, arm)
    assert abs(both_wrong - 1.0) > 0.5


def test_a_repeated_fit_gives_the_same_bytes():
    frame = linear_clinic(300, 3)
    settings = {"learners": ("linear", "boosting"), "repeats": 2}
    first, second = fitted(frame, **settings), fitted(frame, **settings)
    assert first.scores_.to_csv(index=False) == second.scores_.to_csv(index=False)


def test_the_estimator_can_be_cloned_and_tells_its_parameters():
    estimator = CrossFittedAIPW(learners=("linear",), folds=3, clip=0.02)
    copy = clone(estimator)
    assert copy.get_params() == estimator.get_params()
    assert copy.set_params(folds=4).folds == 4
    assert not hasattr(copy, "scores_")


def test_scores_have_a_row_a_unit_arm_and_repeat_and_their_mean_is_the_arm_mean():
    frame = linear_clinic(300, 4)
    model = fitted(frame, repeats=2)
    assert len(model.scores_) == 300 * 2 * 2
    for arm in model.arms_:
        means = model.scores_[model.scores_["arm"] == arm].groupby("repeat")["score"].mean()
        assert model.arm_mean(arm).estimate == pytest.approx(means.median(), abs=1e-12)
    difference = model.arm_mean(model.arms_[0]).estimate - model.arm_mean(model.arms_[1]).estimate
    assert fitted(frame).contrast(*model.arms_).estimate == pytest.approx(difference, abs=0.1)


def test_outcomes_missing_by_severity_and_arm_do_not_bias_the_effect():
    frame = linear_clinic(6000, 8, skill_spread=0.1)
    generator = np.random.default_rng(8)
    is_treated = frame["arm"] == "add_manipulation"
    stays = generator.random(len(frame)) < 1 / (
        1 + np.exp(-(0.5 + 1.2 * frame["severity"] * np.where(is_treated, 1, -1)))
    )
    y = frame["pain_12wk"].where(stays)
    known = frame[stays]
    by_arm = known.groupby("arm")["pain_12wk"].mean()
    model = fitted(frame, y=y)
    assert model.contrast("add_manipulation", "continue_without").estimate == pytest.approx(1.0, abs=0.2)
    assert abs(by_arm["add_manipulation"] - by_arm["continue_without"] - 1.0) > 1.0
    g_stays = model.scores_.loc[model.scores_["arm"] == "add_manipulation", "g"]
    assert np.corrcoef(g_stays, frame["severity"])[0, 1] > 0.8


def test_a_later_column_that_explains_who_answered_removes_the_bias_it_causes():
    frame = linear_clinic(6000, 9, skill_spread=0.1)
    generator = np.random.default_rng(9)
    early = 0.8 * frame["pain_12wk"] + generator.normal(0, 0.5, len(frame))
    is_treated = frame["arm"] == "add_manipulation"
    stays = generator.random(len(frame)) < np.where(is_treated, 1 / (1 + np.exp(-(1.5 - early))), 0.9)
    arguments = (frame[COVARIATES], frame["pain_12wk"].where(stays), frame["arm"])
    blind = CrossFittedAIPW(learners=("linear",), repeats=1).fit(*arguments)
    seeing = CrossFittedAIPW(learners=("linear",), repeats=1).fit(
        *arguments, observation_X=pd.DataFrame({"early": early})
    )
    pair = ("add_manipulation", "continue_without")
    assert blind.contrast(*pair).estimate < 0.8
    assert seeing.contrast(*pair).estimate == pytest.approx(1.0, abs=0.25)


def test_folds_keep_a_patient_together_and_hold_every_arm():
    generator = np.random.default_rng(2)
    patient = np.array([f"p{k}" for k in generator.integers(0, 80, 200)], dtype=object)
    arm = (generator.random(200) < 0.15).astype(np.int64)
    fold = assign_folds(patient, arm, 5, np.random.default_rng(3))
    assert pd.Series(fold).groupby(patient).nunique().max() == 1
    assert all({0, 1} == set(arm[fold == k]) for k in range(5))
    with pytest.raises(ValueError, match="5 folds need at least 5 patients, found 4"):
        assign_folds(patient[:4], arm[:4], 5, generator)


def test_a_plain_array_of_covariates_is_taken_as_it_is():
    frame = linear_clinic(200, 2)
    model = CrossFittedAIPW(learners=("linear",), repeats=1)
    model.fit(frame[["severity", "age"]].to_numpy(dtype=float), frame["pain_12wk"], frame["arm"])
    assert np.isfinite(model.contrast("add_manipulation", "continue_without").interval()).all()


def test_nothing_known_is_an_error_that_says_so():
    frame = linear_clinic(60, 1)
    with pytest.raises(ValueError, match="no outcome is known"):
        fitted(frame, y=np.full(60, np.nan))


def test_many_clipped_propensities_turn_the_target_into_the_overlap_population():
    generator = np.random.default_rng(6)
    severity = generator.normal(size=2000)
    arm = np.where(generator.random(2000) < 1 / (1 + np.exp(-5 * severity)), "b", "a")
    y = severity + (arm == "b") + generator.normal(size=2000)
    model = CrossFittedAIPW(learners=("linear",), repeats=1).fit(pd.DataFrame({"severity": severity}), y, arm)
    assert model.diagnostics_["clipped_share"] > 0.05
    assert model.diagnostics_["target"] == "overlap population"
    assert 0.2 < model.diagnostics_["target_share"] < 0.7
    assert np.abs(severity[model.target_]).max() < 1.5
    assert model.contrast("b", "a").n == model.target_.sum()
    assert model.contrast("b", "a").estimate == pytest.approx(1.0, abs=0.3)


def test_covariates_that_a_tilt_could_not_balance_are_left_out_among_some_of_the_people():
    rare, constant, spread = np.zeros(100), np.full(100, 3.0), np.arange(100.0)
    rare[:4] = 1.0
    kept = standardised_among(np.column_stack([rare, constant, spread]))
    assert kept.shape == (100, 1)
    assert kept.mean() == pytest.approx(0.0)
    assert kept.std() == pytest.approx(1.0)
    assert standardised_among(np.column_stack([rare, constant])).shape == (100, 0)
