import numpy as np
import pandas as pd
import pytest

from pipelines.causal.leaks import auc_lower, auc_of_covariate
from pipelines.self_check.leakage import LARGEST_AUC, leakage_rows
from tests.causal import stepped_world
from tests.self_check.worlds import TRIAL, clinic


def rows_of(frame: pd.DataFrame, model_auc: dict[str, float] | None = None) -> pd.DataFrame:
    return pd.DataFrame(leakage_rows(frame, TRIAL, model_auc or {}))


def test_honest_covariates_give_no_alarm_and_the_best_of_them_is_named() -> None:
    rows = rows_of(clinic(600, 1))
    assert rows["is_passed"].all()
    assert set(rows["covariate"]) == {"severity"}
    assert set(rows["outcome"]) == {"r30d_12wk", "pain_12wk"}


def test_a_covariate_that_is_the_future_outcome_is_caught_and_named() -> None:
    frame = clinic(600, 1)
    frame["age"] = frame["pain_12wk"] + np.random.default_rng(1).normal(0, 0.3, 600)
    caught = rows_of(frame).query("not is_passed")
    assert set(caught["covariate"]) == {"age"}
    assert set(caught["outcome"]) == {"r30d_12wk", "pain_12wk"}


def test_a_covariate_recorded_only_where_the_outcome_was_good_is_caught() -> None:
    frame = clinic(600, 1)
    frame["age"] = frame["age"].where(frame["r30d_12wk"] == 1)
    assert set(rows_of(frame).query("not is_passed")["covariate"]) == {"age"}


def test_a_code_of_the_future_is_caught_and_many_levels_of_nothing_are_not() -> None:
    generator = np.random.default_rng(3)
    is_high = generator.random(400) < 0.5
    told = pd.Series(np.where(is_high, "closed", "ongoing"))
    untold = pd.Series([f"level {k}" for k in generator.integers(0, 150, 400)])
    assert auc_of_covariate(told, is_high) > 0.99
    assert auc_of_covariate(untold, is_high) < 0.65


def test_a_model_that_is_too_good_is_caught() -> None:
    caught = rows_of(clinic(600, 1), {"r30d_12wk": 0.93}).query("not is_passed")
    assert list(caught["covariate"]) == ["the model of all covariates"]


@pytest.mark.parametrize(("auc", "events", "is_alarm"), [(0.87, 60, False), (0.87, 2000, True), (0.97, 60, True)])
def test_an_auc_is_an_alarm_only_beyond_chance(auc: float, events: int, is_alarm: bool) -> None:
    assert (auc_lower(auc, events, 2 * events) > LARGEST_AUC) == is_alarm


def test_few_answers_of_a_kind_tell_nothing() -> None:
    frame = clinic(600, 1)
    frame.loc[50:, ["r30d_12wk", "pain_12wk"]] = np.nan
    assert rows_of(frame).empty


def test_who_is_better_by_week_4_may_stay_so_and_a_later_answer_copied_into_week_4_is_caught() -> None:
    frame = stepped_world.draw(2000, 1)
    noise = np.random.default_rng(2).normal(size=2000)
    known, score = frame["improvement_fraction_week4"].notna(), frame["score"]
    told = {
        share: pd.DataFrame(
            leakage_rows(
                frame.assign(improvement_fraction_week4=(score + share * score.std() * noise).where(known)),
                stepped_world.TRIAL,
                {},
            )
        )
        for share in (0.6, 0.0)
    }
    assert told[0.6]["is_passed"].all()
    assert told[0.6]["auc"].max() > LARGEST_AUC
    assert set(told[0.0].query("not is_passed")["covariate"]) == {"improvement_fraction_week4"}
