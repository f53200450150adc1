import pandas as pd
import pytest

from pipelines.causal.trials import DECISION, INDEX
from pipelines.self_check.control_effects import calibrated_rows, control_rows
from pipelines.self_check.negative_controls import NEGATIVE_CONTROLS
from pipelines.self_check.trial_checks import Said
from tests.self_check.worlds import PAIR, TRIAL, clinic, said_of


def rows_of(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(control_rows(frame, TRIAL, NEGATIVE_CONTROLS, (PAIR,)))


def test_every_control_is_known_before_day_0_and_has_its_reason() -> None:
    assert len(NEGATIVE_CONTROLS) >= 3
    for control in NEGATIVE_CONTROLS:
        assert len(control.reason) > 20
        later = {*DECISION.observation_covariates, *INDEX.observation_covariates}
        assert control.column not in {outcome.column for outcome in DECISION.outcomes} | later
        if control.column in INDEX.covariates:
            assert control.column in control.left_out


def test_a_severity_that_no_covariate_holds_is_seen_in_the_earlier_episodes() -> None:
    rows = rows_of(clinic(1500, 1, hidden=1.0)).set_index("control")
    assert rows.loc["earlier_episodes", "is_alarm"]
    assert rows.loc["earlier_episodes", "lower"] > 0.1
    assert not rows.drop(index="earlier_episodes")["is_alarm"].any()


def test_without_it_the_controls_are_quiet() -> None:
    rows = rows_of(clinic(1500, 1))
    assert not rows["is_alarm"].any()
    assert (rows["status"] == "estimated").sum() == 5


def test_a_control_that_was_not_recorded_is_refused_and_says_so() -> None:
    rows = rows_of(clinic(600, 1)).set_index("control")
    assert rows.loc["family_disc_surgery", "status"] == "refused"
    assert rows.loc["family_disc_surgery", "reason"] == "It was not recorded."


@pytest.fixture(scope="module")
def night() -> tuple[pd.DataFrame, Said]:
    frame = clinic(500, 4, hidden=1.0)
    return frame, said_of(frame)


def test_a_calibrated_interval_is_wider_and_needs_five_controls(night: tuple[pd.DataFrame, Said]) -> None:
    frame, said = night
    controls = rows_of(frame)
    calibrated = pd.DataFrame(calibrated_rows(controls, said.effects, frame, TRIAL))
    assert (calibrated["status"] == "estimated").all()
    width = (said.effects["upper"] - said.effects["lower"]).to_numpy()
    assert ((calibrated["upper"] - calibrated["lower"]).to_numpy() > width).all()
    few = pd.DataFrame(calibrated_rows(controls.head(4), said.effects, frame, TRIAL))
    assert set(few["reason"]) == {"Not enough controls: 4 could be estimated, and calibration needs 5."}
    assert few["estimate"].isna().all()


@pytest.mark.long
def test_hidden_severity_is_seen_in_9_of_10_clinics_and_imagined_in_at_most_1_of_40() -> None:
    seen = [rows_of(clinic(1500, 100 + seed, hidden=1.0))["is_alarm"].any() for seed in range(40)]
    imagined = [rows_of(clinic(1500, 100 + seed))["is_alarm"].any() for seed in range(40)]
    assert sum(seen) >= 36
    assert sum(imagined) <= 1
