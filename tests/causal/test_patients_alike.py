"""The average's label and what patients alike say."""

import numpy as np
import pytest

from pipelines.causal.effects import estimate_trial
from pipelines.causal.inference import Estimate, Estimates
from pipelines.causal.patients_alike import labels_where_alike_agree, of_patients_alike
from pipelines.causal.population import select_population
from pipelines.causal.projection import projected
from tests.causal.worlds import TRIAL, linear_clinic, trial_with

PAIR = ("add", "continue")
WITH_MODIFIERS = trial_with(modifiers=("severity", "age"))


def estimate(value, standard_error):
    return Estimate(value, standard_error, 40.0, 800, 41)


def estimates(*said):
    values, errors = (np.array(column) for column in zip(*said, strict=True))
    return Estimates(values, errors, np.full(len(said), 40.0), 800, 41)


def test_the_averages_label_is_given_where_patients_alike_have_the_same_and_nowhere_else():
    alike = estimates((0.2, 0.3), (0.9, 0.3), (3.0, 0.3))
    said = labels_where_alike_agree(estimate(0.3, 0.1), alike, 1.0)
    assert said.tolist() == ["no_difference_expected", "not_enough_information", "not_enough_information"]
    said = labels_where_alike_agree(estimate(1.5, 0.1), alike, 1.0)
    assert said.tolist() == ["not_enough_information", "not_enough_information", "likely_gain"]
    assert set(labels_where_alike_agree(estimate(0.9, 0.3), alike, 1.0)) == {"not_enough_information"}


@pytest.fixture(scope="module")
def fitted():
    population = select_population(linear_clinic(400, 1), WITH_MODIFIERS)
    rows = np.arange(400) % 10 > 0
    generator = np.random.default_rng(3)
    return population, generator.normal(size=rows.sum()), rows, np.arange(rows.sum()) % 4


def alike(population, contrast, rows, fold):
    return of_patients_alike(population, WITH_MODIFIERS, {PAIR: contrast}, rows, fold)[PAIR]


def test_nobodys_own_score_is_in_what_patients_alike_say(fitted):
    population, contrast, rows, fold = fitted
    before = alike(population, contrast, rows, fold)
    changed = contrast + np.where(fold == 2, 50.0, 0.0)
    after = alike(population, changed, rows, fold)
    assert len(before) == len(after) == 400
    own = np.flatnonzero(rows)[fold == 2]
    assert [before[row] for row in own] == [after[row] for row in own]
    assert all(before[row] != after[row] for row in np.flatnonzero(rows)[fold != 2])


def test_who_has_no_score_is_told_from_everybody_who_has(fitted):
    population, contrast, rows, fold = fitted
    said = alike(population, contrast, rows, fold)
    people = population.frame[["severity", "age"]]
    people = people.fillna(people.median())
    x = np.column_stack([np.ones(400), people])
    by_hand = projected(contrast, x[rows], population.practitioner[rows], x[~rows])
    assert [one.estimate for one in by_hand] == pytest.approx([said[row].estimate for row in np.flatnonzero(~rows)])


def test_contrasts_told_together_are_those_told_alone(fitted):
    population, contrast, rows, fold = fitted
    together = of_patients_alike(population, WITH_MODIFIERS, {PAIR: contrast, PAIR[::-1]: -2 * contrast}, rows, fold)
    for pair, scores in ((PAIR, contrast), (PAIR[::-1], -2 * contrast)):
        alone = alike(population, scores, rows, fold)
        assert [together[pair][row] for row in range(400)] == [alone[row] for row in range(400)]


def test_without_approved_covariates_everybody_has_the_averages_label(fitted):
    population, contrast, rows, fold = fitted
    assert of_patients_alike(population, TRIAL, {PAIR: contrast}, rows, fold) == {}


def test_a_trial_with_modifiers_stores_what_patients_alike_say_beside_the_average():
    effects = estimate_trial(linear_clinic(900, 2, effect=1.3), WITH_MODIFIERS).episode_effects
    assert set(effects["basis"]) == {"average"}
    assert effects["effect"].nunique() == 1
    assert effects["projected"].nunique() > 100
    promised = effects["label"] == "likely_gain"
    assert 0.1 < promised.mean() < 1.0
    assert effects.loc[promised, "projected"].min() >= 1.0
