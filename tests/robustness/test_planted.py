"""A planted flaw is told as a concern; records without one are not withheld."""

import numpy as np
import pytest

from tests.causal.worlds import TRIAL, linear_clinic, trial_with
from tests.robustness.planted import diagnosed, hidden_factor, hole


@pytest.fixture(scope="module")
def honest():
    return diagnosed(linear_clinic(1200, 2, effect=1.5))


def test_a_true_and_clear_effect_is_not_withheld(honest):
    assert "withhold" not in honest.severities().values()
    assert honest.estimates.effects.loc[0, "lower"] > 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_factor_that_nobody_recorded_is_told_and_the_false_effect_withheld(seed):
    found = diagnosed(hidden_factor(1500, seed))
    assert found.estimates.effects.loc[0, "upper"] < 0, "there is no effect, and one is shown"
    assert found.severities()["hidden_factor"] == "withhold"
    row = found.tables["confounding"].iloc[0]
    assert row["strongest_group"] == "severity"
    assert row["estimate_1x"] >= 0 > row["estimate"]


def test_a_planted_hole_in_the_overlap_is_told_and_shown():
    found = diagnosed(hole(1200, 4))
    assert found.estimates.effects.loc[0, "status"] == "refused"
    assert found.severities()["little_overlap"] == "withhold"
    overlap = found.tables["overlap"]
    assert set(overlap["weights_from"]) == {"linear refit"}
    never = overlap[(overlap["arm_given"] == "add_manipulation") & (overlap["propensity_of"] == "continue_without")]
    assert never.loc[never["bin"] == 1, "share"].iloc[0] > 0.4
    assert set(found.tables["balance"]["outcome"]) == {"all"}
    assert found.tables["confounding"].empty


def test_unanswered_outcomes_that_could_turn_a_small_effect_are_told():
    frame = linear_clinic(1500, 6, effect=0.5)
    generator = np.random.default_rng(6)
    frame.loc[generator.random(len(frame)) < 0.45, "pain_12wk"] = np.nan
    found = diagnosed(frame)
    assert found.severities()["missing_outcomes"] in {"tell", "withhold"}
    row = found.tables["missing_outcomes"].iloc[0]
    assert row["missing_treated"] == pytest.approx(0.45, abs=0.05)
    assert row["worst_case"] < 0 < row["best_case"]


def test_a_verdict_that_one_clinic_carries_is_told():
    frame = linear_clinic(1500, 7, effect=0.0)
    carried = (frame["clinic_code"] == "c3") & (frame["arm"] == "add_manipulation")
    frame.loc[carried, "pain_12wk"] += 2.0
    assert diagnosed(frame).severities()["one_clinic"] in {"tell", "withhold"}


def test_a_trial_that_nobody_is_eligible_for_has_tables_without_rows_but_the_naive_refusals():
    found = diagnosed(linear_clinic(100, 8).assign(is_eligible=False))
    empty = {name for name, table in found.tables.items() if table.empty}
    assert empty >= {"balance", "overlap", "weights", "influence", "confounding", "missing_outcomes", "concerns"}
    assert set(found.tables["specifications"]["status"]) == {"refused"}


def test_the_order_of_the_records_changes_nothing():
    frame, trial = linear_clinic(200, 9), trial_with(repeats=2)
    first, second = diagnosed(frame, trial), diagnosed(frame.sample(frac=1, random_state=1), trial)
    for name, table in first.tables.items():
        assert table.to_csv() == second.tables[name].to_csv(), name


def test_every_table_has_the_hash_of_its_protocol(honest):
    for name, table in honest.tables.items():
        if len(table):
            assert set(table["protocol_hash"]) == {TRIAL.protocol_hash()}, name
