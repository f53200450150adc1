"""Measured groups as a yardstick: what leaving one out of fitted models says."""

import pytest

from pipelines.causal.population import select_population
from pipelines.causal.trials import TRIALS
from pipelines.robustness.benchmarks import Strength, refit_propensities, strengths, strongest
from pipelines.robustness.covariate_groups import COVARIATE_GROUPS, groups_of
from pipelines.robustness.scored import scored_outcome
from tests.causal.worlds import TRIAL, linear_clinic
from tests.robustness.planted import diagnosed
from tests.robustness.worlds import PAIR


@pytest.fixture(scope="module")
def found():
    frame = linear_clinic(2000, 12, skill_spread=0.05, habit_spread=0.05)
    result = diagnosed(frame)
    population = select_population(frame, TRIAL)
    one = scored_outcome(result.estimates.scores, population, TRIAL, TRIAL.outcomes[0])
    refits = refit_propensities(population, TRIAL, one.arms)
    return result, one, refits


def test_the_group_that_confounds_is_the_strongest_and_leaving_it_out_moves_the_effect_as_it_does(found):
    result, one, refits = found
    groups = strengths(one, refits)[PAIR]
    assert strongest(groups) == "severity"
    # Severity lowers improvement by 1.5 a deviation; the added are 0.56 deviations more severe (0.6 log odds).
    assert groups["severity"].shift == pytest.approx(-0.84, abs=0.15)
    # Within an arm severity has a variance of 0.92, times 1.5^2; the noise has 1.5^2.
    assert groups["severity"].outcome_r2 == pytest.approx(0.92, abs=0.15)
    assert groups["severity"].correlation > 0.9
    naive = result.tables["specifications"].set_index("specification").loc["not adjusted", "estimate"]
    assert groups["severity"].shift == pytest.approx(naive - 1.0, abs=0.15)


def test_a_factor_that_does_nothing_has_next_to_no_strength(found):
    _, one, refits = found
    groups = strengths(one, refits)[PAIR]
    assert groups["is smoker"].outcome_r2 < 0.01
    assert groups["is smoker"].riesz_gain < 0.01
    assert abs(groups["is smoker"].shift) < 0.05


def test_of_a_large_group_every_so_many_th_episode_is_enough(found):
    frame = linear_clinic(2000, 12, skill_spread=0.05, habit_spread=0.05)
    _, one, refits = found
    few = refit_propensities(select_population(frame, TRIAL), TRIAL, one.arms, most_rows=700)
    assert few.rows.sum() == 667
    whole, thinned = strengths(one, refits)[PAIR]["severity"], strengths(one, few)[PAIR]["severity"]
    assert thinned.outcome_r2 == pytest.approx(whole.outcome_r2, rel=0.3)
    assert thinned.shift == pytest.approx(whole.shift, rel=0.3)


def test_practitioners_are_a_measured_factor_too(found):
    assert "practitioner" in set(found[0].tables["confounding_benchmarks"]["covariate_group"])


def test_a_factor_twice_as_strong_moves_the_effect_further_and_the_strongest_is_the_one_told(found):
    rows = found[0].tables["confounding_benchmarks"].set_index("covariate_group")
    row = rows.loc["severity"]
    assert row["is_strongest"]
    assert rows["is_strongest"].sum() == 1
    assert row["estimate_1x"] > row["estimate_2x"] > row["estimate_3x"]
    assert row["limit_1x"] < row["estimate_1x"]
    told = found[0].tables["confounding"].iloc[0]
    assert told["estimate_1x"] == row["estimate_1x"]


def test_strengths_are_capped_at_what_can_be():
    one = Strength(outcome_r2=0.6, riesz_gain=0.5, correlation=1.0, shift=0.1)
    assert one.times(1) == (0.6, pytest.approx(1 / 3))
    assert one.times(3) == (1.0, pytest.approx(0.6))
    assert Strength(0.0, float("inf"), 1.0, 0.0).times(1)[1] < 1


def test_refits_of_other_arms_are_not_taken_for_these(found):
    _, one, refits = found
    with pytest.raises(ValueError, match="cannot stand beside"):
        strengths(one, type(refits)(("exercise",), refits.rows, refits.arm, refits.fold, {}, {}))


def test_every_covariate_of_a_trial_is_in_exactly_one_group():
    grouped = [column for columns in COVARIATE_GROUPS.values() for column in columns]
    assert len(set(grouped)) == len(grouped)
    assert set(grouped) == {name for trial in TRIALS.values() for name in trial.covariates}


def test_a_covariate_that_no_group_names_stands_alone():
    found = groups_of(("sex", "new_factor"))
    assert found == {"age, sex and lifestyle": ("sex",), "new factor": ("new_factor",)}


def test_nothing_strong_at_all_has_no_strongest():
    assert strongest({}) is None
