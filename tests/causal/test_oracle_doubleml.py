"""Our scores against DoubleML's: the same nuisances and folds give the same means. Needs the extra `benchmarks`."""

import warnings

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LinearRegression, LogisticRegression

from pipelines.causal.aipw import CrossFittedAIPW, aipw_scores
from pipelines.causal.folds import assign_folds
from pipelines.causal.inference import clustered_mean

pytestmark = pytest.mark.long

ARMS = 3
DIGITS = 1e-8


@pytest.fixture(scope="module")
def doubleml():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("doubleml", reason="DoubleML is not installed: pip install '.[benchmarks]'")


def world(n=900, arms=ARMS, seed=4):
    """Confounded people of known arms; nobody's propensity is near the clip."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 4))
    logits = np.column_stack([np.zeros(n), *[0.4 * x[:, k] for k in range(1, arms)]])
    arm = (logits + generator.gumbel(size=(n, arms))).argmax(axis=1)
    y = 10 + np.arange(arms)[arm] + x[:, 0] - 2 * x[:, 1] + generator.normal(size=n)
    return x, arm, y


def splits(fold):
    return [[(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in np.unique(fold)]]


def potential_outcome(doubleml, data, level, fold, external=None, learners=None):
    """Return DoubleML's model of the mean outcome of one arm, on these folds."""
    x, arm, y = data
    outcome, propensity = learners or (LinearRegression(), LogisticRegression())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = doubleml.DoubleMLAPO(
            doubleml.DoubleMLData.from_arrays(x, y, arm), outcome, propensity, treatment_level=level, n_folds=5
        )
        model.set_sample_splitting(splits(fold))
        model.fit(external_predictions=external)
    return model


def external(mu, e, level):
    """Predictions as DoubleML wants them, a column a repeat; those of the other arms do not enter the mean of this one."""
    columns = {"ml_g_d_lvl1": mu[:, level], "ml_g_d_lvl0": mu[:, level - 1], "ml_m": e[:, level]}
    return {"d": {name: column[:, None] for name, column in columns.items()}}


def test_arm_means_of_the_estimator_are_those_of_doubleml_with_the_same_nuisances(doubleml):
    data = world()
    x, arm, y = data
    model = CrossFittedAIPW(learners=("linear", "boosting"), repeats=1, seed=2).fit(x, y, arm)
    scores = model.scores_
    mu, e = (scores[name].to_numpy().reshape(len(y), ARMS) for name in ("mu", "e"))
    for level in range(ARMS):
        theirs = potential_outcome(doubleml, data, level, model.propensity_.fold[0], external(mu, e, level))
        ours = model.arm_mean(str(level))
        assert abs(ours.estimate - theirs.coef[0]) < DIGITS
        assert abs(ours.standard_error * np.sqrt((len(y) - 1) / len(y)) - theirs.se[0]) < DIGITS


def test_arm_means_are_the_same_when_each_side_fits_the_nuisances_itself_on_the_same_folds(doubleml):
    data = world(seed=5)
    x, arm, y = data
    fold = assign_folds(np.arange(len(y)).astype(object), arm, 5, np.random.default_rng(1))
    mu, e = np.empty((len(y), ARMS)), np.empty((len(y), ARMS))
    for k in range(5):
        new, rows = fold == k, fold != k
        for level in range(ARMS):
            given = rows & (arm == level)
            mu[new, level] = LinearRegression().fit(x[given], y[given]).predict(x[new])
            e[new, level] = LogisticRegression().fit(x[rows], arm[rows] == level).predict_proba(x[new])[:, 1]
    scores = aipw_scores(mu, e, np.ones_like(e), y, arm)
    for level in range(ARMS):
        theirs = potential_outcome(doubleml, data, level, fold)
        assert abs(scores[:, level].mean() - theirs.coef[0]) < DIGITS


def test_the_difference_of_two_arms_is_that_of_doubleml_and_the_clustered_interval_is_not_shorter(doubleml):
    """Uncalibrated, because DoubleML takes the second arm's propensity for one minus the first's."""
    x, arm, y = world(arms=2, seed=6)
    model = CrossFittedAIPW(learners=("linear",), repeats=1, seed=3, is_calibrated=False).fit(x, y, arm)
    mu, e = (model.scores_[name].to_numpy().reshape(len(y), 2) for name in ("mu", "e"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = doubleml.DoubleMLIRM(
            doubleml.DoubleMLData.from_arrays(x, y, arm), LinearRegression(), LogisticRegression(), n_folds=5
        )
        theirs.set_sample_splitting(splits(model.propensity_.fold[0]))
        predictions = {"ml_g0": mu[:, :1], "ml_g1": mu[:, 1:], "ml_m": e[:, 1:]}
        theirs.fit(external_predictions={"d": predictions})
    ours = model.contrast("1", "0")
    assert abs(ours.estimate - theirs.coef[0]) < DIGITS
    practitioner = np.array([f"t{k}" for k in np.arange(len(y)) % 30], dtype=object)
    clustered = clustered_mean(model.psi_[0, :, 1] - model.psi_[0, :, 0], practitioner)
    lower, upper = clustered.interval()
    assert (upper - lower) / 2 > norm.ppf(0.975) * theirs.se[0]


def test_a_wrong_nuisance_is_noticed(doubleml):
    """The control: the equality above is no accident of the arm's raw mean."""
    data = world()
    model = CrossFittedAIPW(learners=("linear",), repeats=1, seed=2).fit(data[0], data[2], data[1])
    mu, e = (model.scores_[name].to_numpy().reshape(len(data[2]), ARMS) for name in ("mu", "e"))
    theirs = potential_outcome(doubleml, data, 1, model.propensity_.fold[0], external(mu + 1e-4, e * 0.999, 1))
    assert abs(model.arm_mean("1").estimate - theirs.coef[0]) > DIGITS
