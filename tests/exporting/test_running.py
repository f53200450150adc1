"""From a practice's files to a delivery: what leaves, what is left out and counted, and that it is whole or not there."""

import tempfile
from datetime import date
from pathlib import Path

import pytest

from pipelines.deliveries.manifest import read_manifest
from pipelines.errors import ChecksFailed, DeliveryError, UsageError
from pipelines.exporting import running
from pipelines.exporting.running import export, preview
from tests.exporting.canaries import written_below
from tests.exporting.small import Small, patient, visit


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def _counted(result: running.Result) -> dict[tuple[str, str], int]:
    return dict(result.tally.n_unmapped)


def test_keys_are_pseudonyms_and_days_count_from_the_first_contact(small: Small) -> None:
    small.visits.append(visit(3, "17/01/2024", RMDQ="7"))
    feeds, _ = small.exported()
    later = [row for row in feeds["session"] if row["session_day"] == "14"]
    assert [row["session_key"] for row in later] == [small.pseudonyms.of("session", "V3-17/01/2024")]
    assert {row["patient_key"] for row in feeds["intake"]} == {
        small.pseudonyms.of("patient", f"P{number}") for number in range(12)
    }
    (answer,) = feeds["outcome"]
    assert (answer["timepoint_wk"], answer["due_day"], answer["completed_day"], answer["rmdq24"]) == (
        "2",
        "14",
        "14",
        "7",
    )
    intake = feeds["intake"][0]
    assert (intake["age_band"], intake["index_period"], intake["observed_through_day"]) == ("50-59", "2024-Q1", "14")


def test_the_same_source_and_key_give_the_same_bytes_in_whatever_order_the_rows_come(
    small: Small, tmp_path: Path
) -> None:
    small.visits.append(visit(3, "17/01/2024", RMDQ="7"))
    first, _ = export(small.order(), tmp_path / "one")
    second, _ = export(small.order(), tmp_path / "two")
    small.patients.reverse()
    small.visits.reverse()
    third, _ = export(small.order(), tmp_path / "three")
    assert written_below(first) == written_below(second) == written_below(third)


def test_the_order_of_rows_tells_nothing_of_the_sources_order(small: Small) -> None:
    feeds, _ = small.exported()
    keys = [row["episode_key"] for row in feeds["intake"]]
    assert keys == sorted(keys)


def test_the_same_delivery_again_changes_nothing_and_another_is_refused(small: Small, tmp_path: Path) -> None:
    folder, _ = export(small.order(), tmp_path / "inbox")
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert export(small.order(), tmp_path / "inbox")[0] == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == before
    small.patients[0]["Leg pain"] = "9"
    with pytest.raises(UsageError, match="--delivery-id"):
        export(small.order(), tmp_path / "inbox")
    assert export(small.order(delivery_id="again"), tmp_path / "inbox")[0].name == "again"


def test_the_manifest_is_one_that_the_warehouse_takes(small: Small, tmp_path: Path) -> None:
    small.mapping += "simulated: yes\n"
    folder, _ = export(small.order(), tmp_path / "inbox")
    manifest = read_manifest(folder)
    assert (manifest.clinic_code, manifest.delivery_id, manifest.mode) == ("C001", "2024-01-03", "snapshot")
    assert manifest.is_simulated


def test_a_preview_writes_nothing_and_nothing_stays_in_the_temporary_folder(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    order = small.order()
    before = written_below(tmp_path)
    result = preview(order)
    assert result.n_rows["intake"] == 12
    assert written_below(tmp_path) == before


def test_nothing_stays_after_a_failure_either(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    small.visits = [row | {"Came": "No"} for row in small.visits]
    with pytest.raises(DeliveryError, match="no attended session"):
        export(small.order(), tmp_path / "inbox")
    assert list(aside.iterdir()) == []
    assert not (tmp_path / "inbox").exists()


def test_an_export_without_a_single_episode_is_refused_with_what_was_in_the_way(small: Small, tmp_path: Path) -> None:
    small.patients = [row | {"Where": "Elsewhere"} for row in small.patients]
    with pytest.raises(DeliveryError, match=r"12 intake.complaint_region: a text that the map of values does not have"):
        export(small.order(), tmp_path / "inbox")
    assert not (tmp_path / "inbox").exists()


def test_a_delivery_that_would_break_the_contract_is_not_written(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(*said: object) -> dict[str, int]:
        staging = said[0]
        staging.con.execute("update row_intake set complaint_region = 'the back'").fetchall()  # type: ignore[attr-defined]
        return {}

    monkeypatch.setattr(running, "pool", spoil)
    with pytest.raises(ChecksFailed, match=r"intake.complaint_region: 12 not one or more of the contract's codes"):
        export(small.order(), tmp_path / "inbox")
    assert not (tmp_path / "inbox").exists()


def test_a_value_that_the_contract_does_not_allow_stays_and_is_counted_with_its_place(small: Small) -> None:
    small.patients[4]["Leg pain"] = "11"
    small.patients[5]["Leg pain"] = "Anna Okafor rang"
    feeds, result = small.exported()
    assert sorted(row["nprs_leg_avg"] for row in feeds["intake"]) == ["", ""] + ["5"] * 10
    reason = ("intake.nprs_leg_avg", "not a whole number from 0 to 10")
    assert _counted(result) == {reason: 2}
    assert result.tally.first_places[reason] == "patients.csv:6"


def test_a_text_that_the_map_lacks_is_counted_and_not_used(small: Small) -> None:
    small.patients[4]["Red flag"] = "Maybe"
    small.patients[5]["Red flag"] = "declined"
    feeds, result = small.exported()
    assert sorted(row["rf_any"] for row in feeds["intake"]) == ["", ".d"] + ["no"] * 10
    assert _counted(result) == {("intake.rf_any", "a text that the map of values does not have"): 1}


def test_an_episode_of_a_minor_or_without_a_region_or_contact_is_left_out_with_all_that_hangs_on_it(
    small: Small,
) -> None:
    small.patients[0]["Born"] = "04/03/2007"
    small.patients[1]["Where"] = ""
    small.patients.append(patient(99))
    feeds, result = small.exported()
    assert len(feeds["intake"]) == 10
    assert len(feeds["session"]) == len(feeds["session_component"]) == 10
    assert _counted(result) == {
        ("intake", "of a patient under 18 at day 0"): 1,
        ("intake", "complaint_region is not said, or out of the contract's range"): 1,
        ("intake", "of a patient without an attended session"): 1,
        ("session", "of intake rows left out"): 2,
        ("session_component", "of session rows left out"): 2,
    }


def test_birth_dates_become_bands_at_day_0(small: Small) -> None:
    born = ["04/01/2006", "03/01/2006", "04/01/1994", "03/01/1994", "03/01/1934", "01/01/1905"]
    for row, day in zip(small.patients, born, strict=False):
        row["Born"] = day
    feeds, _ = small.exported()
    bands = {row["patient_key"]: row["age_band"] for row in feeds["intake"]}
    found = [bands.get(small.pseudonyms.of("patient", f"P{number}")) for number in range(6)]
    assert found == [None, "18-29", "18-29", "30-39", "90+", "90+"]


def test_a_long_gap_or_a_new_region_makes_a_new_episode(small: Small) -> None:
    small.visits += [visit(0, "03/07/2024"), visit(1, "10/01/2024")]
    small.patients.append(patient(1, Where="Foot", **{"Seen first": "10/01/2024"}))
    small.patients.append(patient(0, Where="Back", **{"Seen first": "03/07/2024"}))
    feeds, _ = small.exported()
    assert len(feeds["intake"]) == 14
    assert {row["session_day"] for row in feeds["session"]} == {"0"}


def test_what_is_said_long_after_day_0_is_no_baseline(small: Small) -> None:
    small.visits.append(visit(0, "20/02/2024"))
    small.patients.append(patient(0, **{"Seen first": "20/02/2024", "Leg pain": "1", "Red flag": "Yes"}))
    feeds, result = small.exported()
    assert {row["nprs_leg_avg"] for row in feeds["intake"]} == {"5"}
    assert {row["rf_any"] for row in feeds["intake"]} == {"no"}
    assert _counted(result) == {("intake", "of a day near no episode"): 1}


def test_what_lies_after_the_day_of_the_extract_is_left_out(small: Small) -> None:
    small.visits += [visit(0, "20/01/2024", RMDQ="3")]
    feeds, result = small.exported(as_of=date(2024, 1, 10))
    assert len(feeds["session"]) == 12
    assert feeds["outcome"] == []
    assert {row["observed_through_day"] for row in feeds["intake"]} == {"7"}
    assert result.delivery_id == "2024-01-10"


def test_of_two_answers_for_a_time_point_the_nearest_to_its_day_stays(small: Small) -> None:
    small.visits += [visit(0, "27/03/2024", RMDQ="3"), visit(0, "25/03/2024", RMDQ="4")]
    feeds, result = small.exported()
    assert [(row["timepoint_wk"], row["completed_day"], row["rmdq24"]) for row in feeds["outcome"]] == [
        ("12", "84", "3")
    ]
    assert _counted(result) == {("outcome", "another answer is nearer to the time point"): 1}


def test_a_questionnaire_that_was_due_and_did_not_come_is_a_row_with_its_reason(small: Small) -> None:
    small.mapping += "schedule: {weeks: [4, 26], reason_missing: no_response}\n"
    small.visits += [visit(0, "01/02/2024", RMDQ="3")]
    feeds, _ = small.exported(as_of=date(2024, 6, 1))
    said = [(row["timepoint_wk"], row["reason_missing"]) for row in feeds["outcome"]]
    assert said.count(("4", "no_response")) == 11
    assert said.count(("4", "")) == 1
    assert said.count(("26", "not_due")) == 12


def test_rare_codes_are_pooled_and_common_ones_are_not(small: Small) -> None:
    small.patients[0]["Work"] = "Student"
    feeds, result = small.exported()
    assert sorted(row["work_status"] for row in feeds["intake"]) == [".s"] + ["working_full"] * 11
    assert result.pooled == {"intake.work_status": 1}


def test_where_only_two_practitioners_work_all_have_the_clinics_pseudonym(small: Small) -> None:
    small.visits = [row | {"Seen by": f"Dr {number % 2}"} for number, row in enumerate(small.visits)]
    feeds, _ = small.exported()
    assert len({row["practitioner_key"] for row in feeds["session"]}) == 1
    assert feeds["session"][0]["practitioner_key"] not in {
        small.pseudonyms.of("practitioner", f"Dr {n}") for n in (0, 1)
    }


def test_safe_harbor_leaves_the_year_alone(small: Small) -> None:
    small.mapping += "index_period: year\n"
    feeds, _ = small.exported()
    assert {row["index_period"] for row in feeds["intake"]} == {"2024"}


def test_one_cell_with_two_treatments_makes_two_components(small: Small) -> None:
    small.visits[0]["Done"] = "Exercise + Advice"
    small.visits[1]["Done"] = "Exercise + Prayer"
    feeds, result = small.exported()
    of_first = [
        (row["component_no"], row["component"])
        for row in feeds["session_component"]
        if row["session_key"] == small.pseudonyms.of("session", "V0-03/01/2024")
    ]
    assert of_first == [("1", "exercise"), ("2", "advice")]
    assert _counted(result) == {("session_component.component", "a text that the map of values does not have"): 1}
