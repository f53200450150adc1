"""What becomes of what a practice records: one export of patients who each show one thing."""

from collections.abc import Mapping
from datetime import date

import pytest

from pipelines.exporting.running import Result
from tests.exporting.small import Rows, Small, patient, visit

BORN = ("04/01/2006", "03/01/2006", "04/01/1994", "03/01/1994", "03/01/1934", "01/01/1905")
"""Of patients 20 to 25: 17, 18, 29, 30, 90 and 119 years on 3 January 2024."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    small = Small(tmp_path_factory.mktemp("facts"))
    small.mapping += "schedule: {weeks: [26, 52], reason_missing: no_response}\n"
    small.patients = [patient(number) for number in range(40)]
    small.visits = [visit(number, "03/01/2024") for number in range(40) if number != 19]
    said: dict[int, dict[str, str]] = {
        13: {"Leg pain": "11"},
        14: {"Leg pain": "Anna Okafor rang"},
        15: {"Red flag": "Maybe"},
        16: {"Red flag": "declined"},
        17: {"Born": "04/03/2007"},
        18: {"Where": ""},
        31: {"Work": "Student"},
        **{20 + place: {"Born": born} for place, born in enumerate(BORN)},
    }
    for number, changed in said.items():
        small.patients[number] |= changed
    small.patients += [
        patient(26, **{"Seen first": "03/07/2024"}),
        patient(27, Where="Foot", **{"Seen first": "10/01/2024"}),
        patient(28, **{"Seen first": "20/02/2024", "Leg pain": "1", "Red flag": "Yes"}),
    ]
    small.visits += [
        visit(12, "17/01/2024", RMDQ="7"),
        visit(26, "03/07/2024"),
        visit(27, "10/01/2024"),
        visit(28, "20/02/2024"),
        visit(29, "10/08/2024", RMDQ="3"),
        visit(30, "27/03/2024", RMDQ="3"),
        visit(30, "25/03/2024", RMDQ="4"),
    ]
    for row in small.visits:
        row["Done"] = {"V32-03/01/2024": "Exercise + Advice", "V33-03/01/2024": "Exercise + Prayer"}.get(
            row["Visit"], "Exercise"
        )
    return small


@pytest.fixture(scope="module")
def exported(small: Small) -> tuple[Mapping[str, Rows], Result]:
    return small.exported(as_of=date(2024, 8, 1))


@pytest.fixture(scope="module")
def feeds(exported: tuple[Mapping[str, Rows], Result]) -> Mapping[str, Rows]:
    return exported[0]


def _of(feeds: Mapping[str, Rows], small: Small, feed: str, number: int) -> Rows:
    """The rows of a patient, by day 0 and then by their own order."""
    key = small.pseudonyms.of("patient", f"P{number}")
    episodes = {row["episode_key"] for row in feeds["intake"] if row["patient_key"] == key}
    return [row for row in feeds[feed] if row["episode_key"] in episodes]


def test_keys_are_pseudonyms_and_days_count_from_the_first_contact(feeds: Mapping[str, Rows], small: Small) -> None:
    sessions = {row["session_key"]: row["session_day"] for row in _of(feeds, small, "session", 12)}
    assert sessions == {
        small.pseudonyms.of("session", "V12-03/01/2024"): "0",
        small.pseudonyms.of("session", "V12-17/01/2024"): "14",
    }
    (intake,) = _of(feeds, small, "intake", 12)
    assert (intake["age_band"], intake["index_period"], intake["observed_through_day"]) == ("50-59", "2024-Q1", "211")
    answers = [
        (row["timepoint_wk"], row["due_day"], row["completed_day"], row["rmdq24"])
        for row in _of(feeds, small, "outcome", 12)
    ]
    assert ("2", "14", "14", "7") in answers


def test_the_order_of_rows_tells_nothing_of_the_sources_order(feeds: Mapping[str, Rows]) -> None:
    keys = [row["episode_key"] for row in feeds["intake"]]
    assert keys == sorted(keys)


def test_everything_that_could_not_be_used_is_counted_by_reason(exported: tuple[Mapping[str, Rows], Result]) -> None:
    not_in_the_map = "a text that the map of values does not have"
    assert dict(exported[1].tally.n_unmapped) == {
        ("intake.nprs_leg_avg", "not a whole number from 0 to 10"): 2,
        ("intake.rf_any", not_in_the_map): 1,
        ("intake", "of a patient under 18 at day 0"): 2,
        ("intake", "complaint_region is not said, or out of the contract's range"): 1,
        ("intake", "of a patient without an attended session"): 1,
        ("intake", "of a day near no episode"): 1,
        ("session", "booked for after the day of the extract"): 1,
        ("session", "of intake rows left out"): 3,
        ("session_component.component", not_in_the_map): 1,
        ("session_component", "of session rows left out"): 4,
        ("outcome", "answered after the day of the extract"): 1,
        ("outcome", "another answer is nearer to the time point"): 1,
    }


def test_the_first_place_of_a_reason_is_said(exported: tuple[Mapping[str, Rows], Result]) -> None:
    places = exported[1].tally.first_places
    assert places["intake.nprs_leg_avg", "not a whole number from 0 to 10"] == "patients.csv:15"
    assert places["session", "booked for after the day of the extract"] == "visits.csv:45"


def test_a_value_that_the_contract_does_not_allow_stays_at_the_clinic(feeds: Mapping[str, Rows], small: Small) -> None:
    assert [_of(feeds, small, "intake", number)[0]["nprs_leg_avg"] for number in (12, 13, 14)] == ["5", "", ""]
    assert [_of(feeds, small, "intake", number)[0]["rf_any"] for number in (12, 15, 16)] == ["no", "", ".d"]


def test_an_episode_of_a_minor_or_without_a_region_or_contact_is_left_out_with_all_that_hangs_on_it(
    feeds: Mapping[str, Rows], small: Small
) -> None:
    assert [_of(feeds, small, "intake", number) for number in (17, 18, 19, 20)] == [[], [], [], []]
    left = {small.pseudonyms.of("session", f"V{number}-03/01/2024") for number in (17, 18, 19, 20)}
    assert not left & {row["session_key"] for feed in ("session", "session_component") for row in feeds[feed]}


def test_birth_dates_become_bands_at_day_0(feeds: Mapping[str, Rows], small: Small) -> None:
    bands = [_of(feeds, small, "intake", number)[0]["age_band"] for number in range(21, 26)]
    assert bands == ["18-29", "18-29", "30-39", "90+", "90+"]


def test_a_long_gap_or_a_new_region_makes_a_new_episode(feeds: Mapping[str, Rows], small: Small) -> None:
    assert [len(_of(feeds, small, "intake", number)) for number in (12, 26, 27)] == [1, 2, 2]
    assert {row["session_day"] for number in (26, 27) for row in _of(feeds, small, "session", number)} == {"0"}


def test_what_is_said_long_after_day_0_is_no_baseline(feeds: Mapping[str, Rows], small: Small) -> None:
    (intake,) = _of(feeds, small, "intake", 28)
    assert (intake["nprs_leg_avg"], intake["rf_any"]) == ("5", "no")


def test_what_lies_after_the_day_of_the_extract_is_left_out(feeds: Mapping[str, Rows], small: Small) -> None:
    assert len(_of(feeds, small, "session", 29)) == 1
    assert {row["rmdq24"] for row in _of(feeds, small, "outcome", 29)} == {""}


def test_of_two_answers_for_a_time_point_the_nearest_to_its_day_stays(feeds: Mapping[str, Rows], small: Small) -> None:
    answered = [row for row in _of(feeds, small, "outcome", 30) if row["completed_day"]]
    assert [(row["timepoint_wk"], row["completed_day"], row["rmdq24"]) for row in answered] == [("12", "84", "3")]


def test_a_questionnaire_that_was_due_and_did_not_come_is_a_row_with_its_reason(
    feeds: Mapping[str, Rows], small: Small
) -> None:
    missed = {row["timepoint_wk"]: row["reason_missing"] for row in _of(feeds, small, "outcome", 0)}
    assert missed == {"26": "no_response", "52": "not_due"}


def test_rare_codes_are_pooled_and_common_ones_are_not(
    feeds: Mapping[str, Rows], small: Small, exported: tuple[Mapping[str, Rows], Result]
) -> None:
    assert [_of(feeds, small, "intake", number)[0]["work_status"] for number in (31, 12)] == [".s", "working_full"]
    assert exported[1].pooled == {"intake.work_status": 1}


def test_one_cell_with_two_treatments_makes_two_components(feeds: Mapping[str, Rows], small: Small) -> None:
    done = {number: small.pseudonyms.of("session", f"V{number}-03/01/2024") for number in (32, 33)}
    found = {
        number: [
            (row["component_no"], row["component"]) for row in feeds["session_component"] if row["session_key"] == key
        ]
        for number, key in done.items()
    }
    assert found == {32: [("1", "exercise"), ("2", "advice")], 33: [("1", "exercise")]}
