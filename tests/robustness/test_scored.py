"""Stored scores beside their episodes: the same numbers as the estimator's own."""

import numpy as np
import pytest

from pipelines.causal.effects import estimate_trial
from pipelines.causal.inference import clustered_mean
from pipelines.causal.population import select_population
from pipelines.robustness.scored import mean_of_codes, scored_outcome
from tests.causal.worlds import TRIAL, linear_clinic, trial_with
from tests.robustness.worlds import PAIR

REPEATED = trial_with(repeats=2)


@pytest.fixture(scope="module")
def world():
    frame = linear_clinic(500, 8)
    frame.loc[frame.index[::9], "pain_12wk"] = np.nan
    return frame, estimate_trial(frame, REPEATED)


def test_the_effect_of_the_stored_scores_is_the_stored_effect(world):
    frame, result = world
    one = scored_outcome(result.scores, select_population(frame, REPEATED), REPEATED, REPEATED.outcomes[0])
    found, row = one.mean(one.contrast(PAIR)), result.effects.iloc[0]
    assert found.estimate == pytest.approx(row["estimate"], abs=1e-12)
    assert found.interval() == pytest.approx((row["lower"], row["upper"]), abs=1e-10)
    assert one.psi.shape == (2, 500, 2)


def test_the_scores_are_made_of_the_stored_mu_e_and_g(world):
    frame, result = world
    one = scored_outcome(result.scores, select_population(frame, REPEATED), REPEATED, REPEATED.outcomes[0])
    added = one.arm == 1
    y = np.where(one.known, one.y, 0.0)
    expected = one.mu[:, :, 1] + added * one.known / (one.e * one.g)[:, :, 1] * (y - one.mu[:, :, 1])
    assert np.allclose(one.psi[:, :, 1], expected, atol=1e-10)


def test_the_order_of_stored_rows_changes_nothing(world):
    frame, result = world
    population = select_population(frame, REPEATED)
    shuffled = result.scores.sample(frac=1, random_state=3)
    first, second = (scored_outcome(s, population, REPEATED, TRIAL.outcomes[0]) for s in (result.scores, shuffled))
    assert np.array_equal(first.psi, second.psi)


def test_an_outcome_without_scores_has_none(world):
    frame, result = world
    assert scored_outcome(result.scores.iloc[:0], select_population(frame, TRIAL), TRIAL, TRIAL.outcomes[0]) is None


def test_scores_of_episodes_the_trial_does_not_have_are_refused(world):
    frame, result = world
    with pytest.raises(ValueError, match="does not have"):
        scored_outcome(result.scores, select_population(frame.head(100), REPEATED), REPEATED, TRIAL.outcomes[0])
    with pytest.raises(ValueError, match="one score a repeat and arm"):
        scored_outcome(result.scores.iloc[1:], select_population(frame, REPEATED), REPEATED, TRIAL.outcomes[0])


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_the_mean_from_sums_is_the_clustered_mean(offset):
    generator = np.random.default_rng(4)
    code = generator.integers(0, 12, 300)
    scores = generator.normal(size=300) + generator.normal(size=12)[code] + offset
    found, expected = mean_of_codes(scores, code), clustered_mean(scores, code.astype(object))
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-12)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-7)
    assert found.degrees_of_freedom == pytest.approx(expected.degrees_of_freedom)
    assert (found.n, found.n_practitioners) == (expected.n, expected.n_practitioners)
