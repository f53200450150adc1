"""Cliniko's pages, with the traps that they hold."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.exporting.keys import Pseudonyms, create_key, read_key
from pipelines.exporting.running import Order, Result, export
from tests.conftest import ROOT
from tests.exporting.cliniko_pages import Item, appointment, link, note, practice, radio, text, write_pages

EXAMPLE = ROOT / "pipelines" / "exporting" / "examples" / "cliniko.yaml"
Feeds = dict[str, list[dict[str, str]]]


def _export(tmp_path: Path, pages: dict[str, list[Item]]) -> tuple[Feeds, Result, Pseudonyms]:
    create_key(tmp_path / "key")
    place = write_pages(tmp_path / "pages", pages)
    folder, result = export(Order(EXAMPLE, place, tmp_path / "key", date(2024, 12, 1)), tmp_path / "inbox")
    feeds = {}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            feeds[path.stem] = list(csv.DictReader(file))
    return feeds, result, Pseudonyms(read_key(tmp_path / "key"), "C003")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Feeds, Result, Pseudonyms]:
    """A practice whose records hold every trap once."""
    pages = practice()
    given = ("Exercise", "Advice", "Cupping")
    pages["individual_appointments"] += [
        appointment(1500, 1, "2024-06-09T23:00:00Z"),  # the 10th in London
        appointment(1501, 2, "2024-06-10T10:00:00Z", did_not_arrive=True),
        appointment(1502, 3, "2024-06-10T10:00:00Z", cancelled_at="2024-06-09T09:00:00Z"),
        appointment(1503, 4, "2024-06-10T10:00:00Z", cancelled_at="2024-06-09T11:00:00Z"),
        appointment(1504, 5, "2024-06-10T10:00:00Z", deleted_at="2024-06-11T10:00:00Z"),
        appointment(1505, 5, "2024-06-11T10:00:00Z", archived_at="2024-06-11T10:00:00Z"),
        appointment(1000, 5, "2024-06-12T10:00:00Z"),
        appointment(1506, 6, "2024-11-10T10:00:00Z"),
        appointment(1507, 7, "2024-11-30T11:00:00Z"),
    ]
    pages["treatment_notes"] += [
        note(3500, 7, 1007, radio("Treatment given", *given, chosen=given, kind="checkboxes")),
        note(3501, 8, 1008, text("Pain before", "1"), draft=True),
        note(3502, 1, 1500, text("Pain before", "2")),
    ]
    pages["treatment_notes"][9] = note(3009, 9, None, text("Pain before", "9"))
    for question in pages["patient_forms"][10]["content"]["sections"][0]["questions"]:
        question["name"] = question["name"].replace("Leg pain in the last week (0-10)", "Average leg pain")
    pages["attendees"] = [
        {"id": 70 + number, "booking": link("bookings", one)} for number, one in enumerate((1006, 1506))
    ]
    pages["patient_cases"] = [{"id": 900, "name": "Case of the knee", "attendee_ids": ["70", "71"]}]
    return _export(tmp_path_factory.mktemp("cliniko"), pages)


def _session(exported: tuple[Feeds, Result, Pseudonyms], number: int) -> dict[str, str]:
    feeds, _, keys = exported
    (row,) = [row for row in feeds["session"] if row["session_key"] == keys.of("session", str(number))]
    return row


def test_appointments_forms_and_notes_become_episodes_sessions_and_scores(
    exported: tuple[Feeds, Result, Pseudonyms],
) -> None:
    feeds, result, _ = exported
    assert {(row["complaint_region"], row["nprs_leg_avg"], row["pain_below_knee"]) for row in feeds["intake"]} == {
        ("low_back;thigh", "7", "no")
    }
    session = _session(exported, 1001)
    assert (session["nprs_pre"], session["nprs_post"], session["duration_min"]) == ("6", "4", "30")
    assert dict(result.tally.n_unmapped)["intake.nprs_back_avg", "not a whole number from 0 to 10"] == 12


def test_every_treatment_that_was_ticked_is_a_component(exported: tuple[Feeds, Result, Pseudonyms]) -> None:
    feeds, result, keys = exported
    assert [(row["component_no"], row["component"]) for row in feeds["session_component"]] == [
        ("1", "exercise"),
        ("2", "advice"),
    ]
    assert {row["session_key"] for row in feeds["session_component"]} == {keys.of("session", "1007")}
    assert (
        dict(result.tally.n_unmapped)["session_component.component", "a text that the map of values does not have"] == 1
    )


def test_a_time_in_utc_is_of_the_clinics_day(exported: tuple[Feeds, Result, Pseudonyms]) -> None:
    assert _session(exported, 1500)["session_day"] == "7"


def test_who_did_not_come_cancelled_or_cancelled_late_is_told_apart(exported: tuple[Feeds, Result, Pseudonyms]) -> None:
    found = [_session(exported, number)["attendance"] for number in (1000, 1501, 1502, 1503)]
    assert found == ["attended", "dna", "cancelled", "cancelled_late"]


def test_drafts_deleted_archived_and_repeated_items_are_counted_and_left_out(
    exported: tuple[Feeds, Result, Pseudonyms],
) -> None:
    feeds, result, _ = exported
    assert len(feeds["session"]) == 12 + 5
    assert _session(exported, 1008)["nprs_pre"] == "6"
    unmapped = dict(result.tally.n_unmapped)
    assert unmapped["individual_appointments", "booked for after the pages were saved"] == 1
    assert unmapped["individual_appointments", "deleted or archived"] == 2
    assert unmapped["individual_appointments", "the same item on another page"] == 1
    assert unmapped["treatment_notes", "a draft, or not completed"] == 1


def test_a_case_is_an_episode_when_its_attendees_are_known(exported: tuple[Feeds, Result, Pseudonyms]) -> None:
    feeds, _, keys = exported
    assert len(feeds["intake"]) == 12, "160 days lie between the two appointments of the case"
    days = {row["session_day"] for row in feeds["session"] if row["episode_key"] == keys.of("episode", "900")}
    assert days == {"0", "160"}


def test_a_renamed_question_is_found_by_its_other_name_and_one_never_found_is_said(
    exported: tuple[Feeds, Result, Pseudonyms],
) -> None:
    feeds, result, _ = exported
    assert [row["nprs_leg_avg"] for row in feeds["intake"]] == ["7"] * 12
    assert ("intake.rf_bladder_bowel", "no form has the question") in result.tally.n_unmapped


def test_a_note_without_a_booking_is_of_its_patients_session_of_that_day(
    exported: tuple[Feeds, Result, Pseudonyms],
) -> None:
    assert _session(exported, 1009)["nprs_pre"] == "9"


def test_whoever_must_be_marked_as_arrived_and_is_not_is_counted(tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text(EXAMPLE.read_text(encoding="utf-8").replace("not_marked_absent ", "arrived "), encoding="utf-8")
    pages = practice()
    for item in pages["individual_appointments"][1:]:
        item["patient_arrived"] = True
    create_key(tmp_path / "key")
    place = write_pages(tmp_path / "pages", pages)
    _, result = export(Order(mapping, place, tmp_path / "key"), tmp_path / "inbox")
    assert result.n_rows["session"] == 11
    reason = ("individual_appointments", "nobody has marked whether the patient came")
    assert dict(result.tally.n_unmapped)[reason] == 1


def test_a_folder_without_appointments_is_refused_and_other_files_are_counted(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    place = write_pages(tmp_path / "pages", {"patients": practice()["patients"]})
    with pytest.raises(UsageError, match="individual_appointments"):
        export(Order(EXAMPLE, place, tmp_path / "key"), tmp_path / "inbox")
    write_pages(place, practice())
    (place / "broken.json").write_text("{", encoding="utf-8")
    (place / "other.json").write_text(json.dumps({"invoices": []}), encoding="utf-8")
    _, result = export(Order(EXAMPLE, place, tmp_path / "key"), tmp_path / "inbox")
    assert result.tally.n_unmapped["file", "no page of a kind that is read"] == 2
