from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest

from pipelines.adapters.sciatica import deliver_sciatica, read_sciatica, sciatica_delivery, sciatica_summary
from pipelines.contracts import DELIVERED_REASONS, FEEDS
from pipelines.errors import UsageError

from .delivered import assert_manifest_holds, assert_only_contract_columns_cross, bytes_of, feed_text


@pytest.fixture(scope="module")
def folder(sciatica_records: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return deliver_sciatica(tmp_path_factory.mktemp("inbox"))


def test_the_records_are_142_patients_with_1240_visits_and_56_step_ups(sciatica_records: pd.DataFrame) -> None:
    assert sciatica_summary(sciatica_records) == {
        "patients": 142,
        "visits": 1240,
        "stepped_up": 56,
        "surgery_day_visits": 55,
        "impossible_values": 8,
    }


def test_every_visit_is_delivered_as_a_session_and_as_an_outcome(folder: Path) -> None:
    session, outcome = feed_text(folder, "session"), feed_text(folder, "outcome")
    assert len(feed_text(folder, "intake")) == 142
    assert len(session[session["session_day"] != "0"]) == 1240
    assert len(session) == 1240 + 142
    answered = outcome[outcome["completed_day"] != ""]
    assert len(answered[answered["timepoint_wk"] != "0"]) == 1240


def test_the_manifest_holds_and_only_contract_columns_cross(folder: Path) -> None:
    assert_manifest_holds(folder)
    assert_only_contract_columns_cross(folder)


def test_keys_are_unique_and_no_number_of_the_trial_crosses(folder: Path, sciatica_records: pd.DataFrame) -> None:
    numbers = {str(int(number)) for number in sciatica_records["id"].unique()}
    for feed in ("intake", "session", "outcome"):
        rows = feed_text(folder, feed)
        assert not rows.duplicated(list(FEEDS[feed].key)).any()
        assert not numbers & set(rows.to_numpy().ravel())
    assert feed_text(folder, "intake")["patient_key"].str.fullmatch("[0-9a-f]{64}").all()


def test_the_same_records_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert bytes_of(deliver_sciatica(tmp_path)) == bytes_of(folder)


def test_impossible_scores_are_still_impossible_in_the_delivery(folder: Path) -> None:
    outcome = feed_text(folder, "outcome")
    back = pd.to_numeric(outcome["nprs_back_avg"])
    disability = pd.to_numeric(outcome["rmdq24"])
    assert sorted(back[back > 10]) == [11, 11, 11, 11, 81]
    assert sorted(disability[disability > 24]) == [25, 25, 29]


def test_visits_at_weeks_that_the_contract_does_not_have_are_delivered_to_be_refused(folder: Path) -> None:
    weeks = feed_text(folder, "outcome")["timepoint_wk"]
    allowed = next(field for field in FEEDS["outcome"].fields if field.name == "timepoint_wk").codes
    assert weeks[~weeks.isin(allowed)].value_counts().to_dict() == {
        "8": 138,
        "38": 129,
        "104": 122,
        "78": 117,
        "1000": 55,
    }


def test_every_other_code_is_one_of_the_contract(folder: Path) -> None:
    tokens = {"", *(f".{token}" for token in DELIVERED_REASONS)}
    for feed in ("intake", "session", "outcome"):
        rows = feed_text(folder, feed)
        for field in FEEDS[feed].fields:
            if field.type == "enum" and field.name != "timepoint_wk":
                assert set(rows[field.name]) <= tokens | set(field.codes), field.name


def test_the_taller_and_heavier_code_of_sex_is_male(sciatica_records: pd.DataFrame, folder: Path) -> None:
    bodies = sciatica_records.drop_duplicates("id").groupby("male")[["height", "weight"]].mean()
    assert bodies.index.tolist() == [1.0, 2.0]
    assert (bodies.loc[1.0] > bodies.loc[2.0]).all()
    assert feed_text(folder, "intake")["sex"].value_counts().to_dict() == {"male": 97, "female": 45}


def test_an_unknown_code_of_sex_is_delivered_to_be_refused(sciatica_records: pd.DataFrame) -> None:
    intake = sciatica_delivery(sciatica_records.assign(male=0.0))["intake"]
    assert set(intake["sex"]) == {"code_0"}


def test_surgery_is_said_once_an_episode_on_the_day_of_the_sentinel_visit(
    folder: Path, sciatica_records: pd.DataFrame
) -> None:
    session = feed_text(folder, "session")
    stepped_up = session[session["discharge_status"] == "surgery"]
    assert stepped_up["episode_key"].nunique() == len(stepped_up) == 56
    first = sciatica_records[sciatica_records["surgery"] == 1].groupby("id")["time"].min()
    assert sorted(stepped_up["session_day"].astype(int)) == sorted((first * 365.25).round().astype(int))


def test_outcomes_say_surgery_from_the_day_of_surgery_on(folder: Path) -> None:
    session, outcome = feed_text(folder, "session"), feed_text(folder, "outcome")
    surgery_day = session[session["discharge_status"] == "surgery"].set_index("episode_key")["session_day"].astype(int)
    answered = outcome[outcome["completed_day"] != ""]
    is_after = answered["completed_day"].astype(int) >= answered["episode_key"].map(surgery_day).fillna(99_999)
    assert (is_after == (answered["surgery_or_injection"] == "discectomy")).all()


def test_an_expected_visit_that_is_not_there_is_a_missed_questionnaire(folder: Path) -> None:
    outcome = feed_text(folder, "outcome")
    missed = outcome[outcome["completed_day"] == ""]
    assert len(missed) == 31
    assert set(missed["reason_missing"]) == {"no_response"}
    per_week = outcome[outcome["timepoint_wk"].isin(["0", "2", "4", "12", "26", "52"])]["timepoint_wk"].value_counts()
    assert set(per_week) == {142}


def test_no_treatment_is_claimed(folder: Path) -> None:
    assert feed_text(folder, "session_component").empty
    assert set(feed_text(folder, "session")["step_up_decision"]) == {""}


def test_without_the_package_the_message_says_how_to_get_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", absent)
    with pytest.raises(UsageError, match="pip install --no-deps zepid"):
        read_sciatica()


@pytest.mark.parametrize("text", ["1 2 3\n", "a b c\n"])
def test_a_file_that_is_not_the_sciatica_table_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sciatica.dat"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"sciatica\.dat"):
        read_sciatica(path)


def test_a_path_without_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        read_sciatica(tmp_path / "absent.dat")
