"""What a stored gain tells about the person it belongs to, beyond what their covariates tell.

Only out-of-fold gains are stored. The attacker knows a person's covariates, how gains depend on them in truth, and what was
expected of the outcome, and looks for traces of the person's own record in the gain. Membership (Shokri and others 2017):
is this outcome the one that was fitted on, or another of the same person under the same treatment? Attributes: did the
person fare better than expected; which treatment was given? An AUC of 0.5 is a guess. An overfitted learner read on those
it was fitted on is the control that the attacks work.
"""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import roc_auc_score

from pipelines.causal.gains import StackedDRLearner

N, NOISE = 500, 2.0
MOST, CONTROL = 0.55, 0.70


def world(seed):
    """Confounded people whose gain depends on x1; expected outcome under either arm, and two draws of the outcome."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(N, 6))
    arm = (generator.random(N) < 1 / (1 + np.exp(-0.7 * x[:, 0]))).astype(int)
    gain = 0.5 + x[:, 1]
    expected = x[:, 0] + np.sin(x[:, 2]) + gain * arm
    fitted_on, other = expected + generator.normal(0, NOISE, (2, N))
    return x, arm, gain, expected, fitted_on, other


def stored(x, arm, y, seed):
    return StackedDRLearner(learners=("linear", "boosting"), repeats=1, seed=seed).fit(x, arm, y).gains_[:, 0]


def in_sample(x, arm, y, seed):
    """A forest in each arm, read on those it was fitted on: never stored."""
    models = [RandomForestRegressor(50, random_state=seed).fit(x[arm == k], y[arm == k]) for k in (0, 1)]
    return models[1].predict(x) - models[0].predict(x)


def attacks(gains_of, seed):
    """AUC of guessing membership, a better outcome than expected, and the treatment."""
    x, arm, gain, expected, y, other = world(seed)
    trace = gains_of(x, arm, y, seed) - gain
    towards = trace * np.where(arm == 1, 1, -1)
    products = np.concatenate([towards * (y - expected), towards * (other - expected)])
    return {
        "membership": roc_auc_score(np.repeat([1, 0], N), products),
        "outcome": roc_auc_score(y > expected, towards),
        "treatment": roc_auc_score(arm, trace * (y - expected)),
    }


def mean_auc(gains_of, seeds):
    found = [attacks(gains_of, seed) for seed in range(seeds)]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def check(seeds, record_property):
    ours, control = mean_auc(stored, seeds), mean_auc(in_sample, seeds)
    record_property("AUC from stored gains", ours)
    record_property("AUC from an in-sample learner", control)
    for name in ours:
        assert max(ours[name], 1 - ours[name]) <= MOST, (name, ours[name])
        assert control[name] >= CONTROL, (name, control[name])


@pytest.mark.ci
def test_stored_gains_tell_no_more_of_a_persons_own_record_than_a_guess_over_three_seeds(record_property):
    check(3, record_property)


@pytest.mark.long
def test_stored_gains_tell_no_more_of_a_persons_own_record_than_a_guess(record_property):
    check(20, record_property)


def test_another_outcome_of_a_person_leaves_that_persons_stored_gain_as_it_was():
    """Why: no model, nuisance or weight behind a stored gain saw the outcome of the person's own fold."""
    x, arm, _, _, y, other = world(0)
    model = StackedDRLearner(learners=("linear",), repeats=1, seed=0).fit(x, arm, y)
    own = model.folds_[0] == 0
    again = StackedDRLearner(learners=("linear",), repeats=1, seed=0).fit(x, arm, np.where(own, other, y))
    assert np.array_equal(again.folds_, model.folds_)
    assert np.array_equal(again.gains_[own], model.gains_[own])
    assert not np.allclose(again.gains_[~own], model.gains_[~own])
