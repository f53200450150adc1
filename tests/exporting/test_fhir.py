"""FHIR as a source: what comes out of made-up clinics, of the public sample, and of what is malformed."""

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

pytest.importorskip("orjson", reason="orjson is not installed (the extra `export`)")

from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.exporting.fhir import read_fhir
from pipelines.exporting.fhir.files import LARGEST_LINE_BYTES, label_of
from pipelines.exporting.keys import create_key
from pipelines.exporting.marked_yaml import read_section
from pipelines.exporting.records import Record
from pipelines.exporting.running import Order, export
from pipelines.exporting.sources import Request
from pipelines.exporting.tally import Tally
from tests.exporting.fhir_clinic import MAPPING, Course, Visit, resources, write_bulk, write_bundle

COURSE = Course(
    number=1,
    first_day=date(2026, 1, 12),
    birth_year=1980,
    sex="female",
    region="calf",
    visits=(
        Visit(0, pain_before=6, pain_after=".p", components=("advice", "walking")),
        Visit(7, is_attended=False),
        Visit(14, pain_before=".d", pain_after=3, components=("thrust",), has_soreness=True),
    ),
    back_pain={0: 7, 12: 2},
    rmdq={0: 14, 4: ".d", 12: 5},
    has_diabetes=False,
    slr_left=".p",
    crp=4.5,
    disc="protruded",
)
Read = Callable[..., tuple[list[Record], Tally]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read these lines as one NDJSON file by the documented mapping, or by one with this `source`."""

    def of(*lines: Any, source: str = "") -> tuple[list[Record], Tally]:
        place = tmp_path / "given.ndjson"
        said = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
        place.write_bytes(b"\n".join(said) + b"\n")
        mapping = MAPPING
        if source:
            mapping = tmp_path / "own.yaml"
            mapping.write_text(f"source:\n  kind: fhir\n{source}", encoding="utf-8")
        section = read_section(mapping).section("source")
        assert section is not None
        tally = Tally()
        return list(read_fhir(Request(place, section, ZoneInfo("Europe/London"), tally))), tally

    return of


def delivered(folder: Path, feed: str) -> list[dict[str, str]]:
    with (folder / f"{feed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[Path], Path]:
    def of(place: Path) -> Path:
        key = tmp_path / "key"
        if not key.exists():
            create_key(key)
        return export(Order(MAPPING, place, key), tmp_path / f"inbox-of-{place.name}")[0]

    return of


def test_the_facts_of_a_course_are_in_its_delivery(exported, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = exported(write_bulk(tmp_path / "bulk", resources(COURSE)))
    (intake,) = delivered(folder, "intake")
    assert {name: intake[name] for name in ("age_band", "sex", "complaint_region", "pain_below_knee")} == {
        "age_band": "40-49",
        "sex": "female",
        "complaint_region": "calf",
        "pain_below_knee": "yes",
    }
    assert (intake["index_period"], intake["comorb_diabetes"], intake["nprs_back_avg"]) == ("2026-Q1", "no", "7")
    assert intake["rmdq24"] == "14"
    sessions = sorted(delivered(folder, "session"), key=lambda one: int(one["session_day"]))
    assert [(one["session_day"], one["attendance"], one.get("nprs_pre", "")) for one in sessions] == [
        ("0", "attended", "6"),
        ("7", "cancelled", ""),
        ("14", "attended", ".d"),
    ]
    assert [(one["nprs_post"], one["duration_min"]) for one in sessions if one["attendance"] == "attended"] == [
        (".p", "30"),
        ("3", "30"),
    ]
    components = {
        (one["component"], one["exercise_type"], one["manip_type"]) for one in delivered(folder, "session_component")
    }
    assert components == {("advice", "", ""), ("exercise", "walking_aerobic", ""), ("manipulation", "", "thrust_hvla")}
    (event,) = delivered(folder, "adverse_event")
    assert (event["ae_type"], event["ae_severity"], event["ae_serious"]) == ("local_soreness", "mild", "no")
    answers = {one["timepoint_wk"]: one for one in delivered(folder, "outcome")}
    assert {week: (one["nprs_back_avg"], one["rmdq24"]) for week, one in answers.items()} == {
        "0": ("7", "14"),
        "4": ("", ".d"),
        "12": ("2", "5"),
    }
    assert answers["12"]["completed_day"] == "84"
    (exam,) = delivered(folder, "exam")
    assert (exam["exam_day"], exam["slr_deg_l"]) == ("0", ".p")
    (lab,) = delivered(folder, "lab")
    assert (lab["test"], lab["day"], lab["value"], lab["unit"]) == ("crp", "1", "4.5", "mg/L")
    (study,) = delivered(folder, "imaging")
    assert (study["modality"], study["region"], study["study_day"]) == ("MR", "lumbar", "2")
    levels = {
        (one["level"], one["disc_contour"], one["nerve_root_compromise"]) for one in delivered(folder, "imaging_level")
    }
    assert levels == {("L5-S1", "protrusion", ""), ("L4-L5", "", "none")}


def test_bulk_gzip_and_bundle_of_the_same_resources_give_the_same_records(tmp_path: Path) -> None:
    def records(place: Path) -> list[str]:
        section = read_section(MAPPING).section("source")
        assert section is not None
        found = read_fhir(Request(place, section, ZoneInfo("Europe/London"), Tally()))
        return sorted(str((record.feed, record.values)) for record in found)

    plain = records(write_bulk(tmp_path / "plain", resources(COURSE)))
    assert len(plain) > 20
    assert records(write_bulk(tmp_path / "squeezed", resources(COURSE), is_gzip=True)) == plain
    assert records(write_bundle(tmp_path / "bundle.json", resources(COURSE))) == plain


@pytest.mark.ci
def test_a_source_without_episodes_gets_them_by_the_gap(exported, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    again = Course(1, date(2026, 7, 1), 1980, "female", (Visit(0),), has_episode=False, back_pain={0: 3})
    first = Course(**{**vars(COURSE), "has_episode": False})
    second = [one | {"id": f"second-{one['id']}"} for one in resources(again) if one["resourceType"] != "Patient"]
    rows = delivered(exported(write_bulk(tmp_path / "bulk", [*resources(first), *second])), "intake")
    assert sorted((row["index_period"], row["nprs_back_avg"]) for row in rows) == [("2026-Q1", "7"), ("2026-Q3", "3")]


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        (b"{not json", "unreadable", "text that is no JSON"),
        (b"[1, 2]", "unreadable", "JSON that is no FHIR resource"),
        (b'{"resourceType": 5}', "unreadable", "JSON that is no FHIR resource"),
        (b'\xff\xfe"', "unreadable", "text that is no JSON"),
        (
            {"resourceType": "Bundle", "entry": [{"fullUrl": "x"}]},
            "unreadable",
            "an entry of a Bundle without a resource",
        ),
        ({"resourceType": "Bundle", "entry": {}}, "unreadable", "an entry of a Bundle without a resource"),
        ({"resourceType": "Jane Doe", "id": "1"}, "another kind", "a kind of resource that is not read"),
        ({"resourceType": "Organization", "id": "1"}, "Organization", "a kind of resource that is not read"),
        ({"resourceType": "Encounter"}, "Encounter", "it has no id"),
        ({"resourceType": "Encounter", "id": "1"}, "Encounter", "it does not say whose it is"),
        (
            {"resourceType": "Encounter", "id": "1", "subject": "Patient/1"},
            "Encounter",
            "malformed: an element of the wrong type: subject",
        ),
        (
            {
                "resourceType": "Encounter",
                "id": "1",
                "subject": {"reference": "Patient/1"},
                "period": {"start": "last Tuesday"},
            },
            "Encounter",
            "malformed: a date that is none",
        ),
        (
            {
                "resourceType": "Encounter",
                "id": "1",
                "subject": {"reference": "Patient/1"},
                "period": {"start": "2026-01"},
            },
            "Encounter",
            "it has no day: no date, or one without a day",
        ),
        (
            {"resourceType": "Condition", "id": "1", "code": {"coding": [{"code": ["x"]}]}},
            "Condition",
            "malformed: an element of the wrong type: code",
        ),
        (
            {"resourceType": "Observation", "id": "1", "status": "entered-in-error"},
            "Observation",
            "it was entered in error",
        ),
        (
            {"resourceType": "QuestionnaireResponse", "id": "1", "status": "completed"},
            "QuestionnaireResponse",
            "it does not say whose it is",
        ),
        (
            {"resourceType": "Procedure", "id": "1", "status": "not-done"},
            "Procedure",
            "a procedure that was not completed",
        ),
        ({"resourceType": "ImagingStudy", "id": "1"}, "ImagingStudy", "it does not say whose it is"),
        (
            {"resourceType": "DiagnosticReport", "id": "1", "status": "final"},
            "DiagnosticReport",
            "it has no coded conclusion",
        ),
        (
            {"resourceType": "MedicationStatement", "id": "1", "status": "not-taken"},
            "MedicationStatement",
            "a medicine that was not taken",
        ),
        (
            {"resourceType": "AdverseEvent", "id": "1", "actuality": "potential"},
            "AdverseEvent",
            "an event that did not happen, or nearly",
        ),
    ],
)
def test_what_cannot_be_used_is_counted_by_kind_and_reason_and_the_rest_goes_on(read: Read, line, kind, reason) -> None:  # type: ignore[no-untyped-def]
    records, tally = read(line, *resources(COURSE))
    assert tally.n_unmapped == {(kind, reason): 1}
    assert tally.first_places[kind, reason].startswith("FHIR file 1")
    without, _ = read(*resources(COURSE))
    assert [record._replace(line=0) for record in records] == [record._replace(line=0) for record in without]


def mutated(found: Any) -> Iterator[Any]:
    """The JSON with one place after the other replaced by something of every type."""
    odd: list[Any] = [None, 5, -1.5, True, "x", "", [], {}, [None], ["x"], {"a": {}}, [{"coding": 3}], "9" * 40]
    if isinstance(found, dict | list):
        for place in found if isinstance(found, dict) else range(len(found)):
            for changed in (*odd, *mutated(found[place])):
                copy = found.copy()
                copy[place] = changed  # type: ignore[index, call-overload]
                yield copy


def test_no_element_of_a_wrong_type_stops_the_others(read: Read) -> None:
    """Every place of every resource, replaced by something of every type: thousands of resources, none of which raises."""
    odd = [one for resource in resources(COURSE) for one in mutated(resource)]
    assert len(odd) > 5000
    _, tally = read(*odd, *resources(COURSE))
    assert sum(tally.n_read.values()) + sum(
        n for (kind, _), n in tally.n_unmapped.items() if kind == "unreadable"
    ) >= len(odd)
    assert {kind for kind, _ in tally.n_unmapped} >= {"Encounter", "Observation", "Condition", "unreadable"}
    assert "9999" not in str(tally)


def test_a_file_that_is_named_for_a_patient_is_told_by_its_number(tmp_path: Path) -> None:
    for name in ("Encounter.000.ndjson", "Encounter.ndjson.gz", "Jane_Doe.json", "Doe.ndjson", "Doe.000.ndjson"):
        assert label_of(tmp_path / name, 3) == (name if name.startswith("Enc") else "FHIR file 3")


def test_a_line_that_is_too_long_is_counted_and_skipped(read: Read) -> None:
    long = b'{"resourceType": "Patient", "id": "' + b"x" * (LARGEST_LINE_BYTES + 2_000_000) + b'"}'
    records, tally = read(long, *resources(COURSE))
    assert tally.n_unmapped == {("unreadable", "a line that is too long"): 1}
    assert tally.first_places["unreadable", "a line that is too long"].startswith("FHIR file 1")
    assert records


def test_a_gzip_file_that_is_cut_short_is_counted_and_what_came_before_is_kept(read: Read, tmp_path: Path) -> None:
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in resources(COURSE))
    folder = tmp_path / "cut"
    folder.mkdir()
    (folder / "all.ndjson.gz").write_bytes(gzip.compress(lines * 200, mtime=0)[:-200])
    section = read_section(MAPPING).section("source")
    assert section is not None
    tally = Tally()
    records = list(read_fhir(Request(folder, section, ZoneInfo("UTC"), tally)))
    assert tally.n_unmapped["unreadable", "a file that cannot be read to its end"] == 1
    assert records


def observation(**value: Any) -> dict[str, Any]:
    said = {"resourceType": "Observation", "id": "1", "status": "final", "subject": {"reference": "Patient/1"}}
    code = {"coding": [{"system": "http://loinc.org", "code": "39156-5"}]}
    return {**said, "code": code, "effectiveDateTime": "2026-01-12", **value}


@pytest.mark.parametrize(
    ("value", "found", "reason"),
    [
        ({"valueQuantity": {"value": 27.5, "code": "kg/m2"}}, 27.5, ""),
        ({"valueInteger": 27}, 27, ""),
        ({"valueQuantity": {"value": 27.0, "unit": "kg/m2"}}, 27, ""),
        ({"valueQuantity": {"value": 190, "code": "[lb_av]"}}, None, "a unit that the field does not have"),
        ({"valueQuantity": {"value": 27, "comparator": "<"}}, None, "it has no value"),
        ({"valueQuantity": {"value": "27"}}, None, "malformed: an element of the wrong type: valueQuantity.value"),
        ({"valueString": "27, says Mrs Smith"}, None, "a text where a code or a number was expected"),
        (
            {"valueCodeableConcept": {"coding": [{"code": "heavy"}]}},
            None,
            "a value whose code the mapping does not know",
        ),
        ({"valueBoolean": True}, None, "the field needs a value: write field=value"),
        ({}, None, "it has no value"),
        ({"dataAbsentReason": {"coding": [{"code": "not-performed"}]}}, ".p", ""),
        ({"dataAbsentReason": {"coding": [{"code": "asked-declined"}]}}, ".d", ""),
        ({"dataAbsentReason": {"coding": [{"code": "asked-unknown"}]}}, ".u", ""),
        ({"dataAbsentReason": {"coding": [{"code": "not-applicable"}]}}, ".n", ""),
        ({"dataAbsentReason": {"coding": [{"code": "masked"}]}}, ".s", ""),
        ({"dataAbsentReason": {"coding": [{"code": "error"}]}}, ".a", ""),
    ],
)
def test_a_value_is_taken_with_its_unit_or_reason_or_counted(read: Read, value, found, reason) -> None:  # type: ignore[no-untyped-def]
    records, tally = read(observation(**value), source="")
    assert [record.values["bmi"] for record in records] == ([] if reason else [found])
    assert list(tally.n_unmapped) == ([("Observation", reason)] if reason else [])


def test_components_are_looked_at_one_by_one(read: Read) -> None:
    code = {"coding": [{"code": "panel"}]}
    component = {"code": {"coding": [{"system": "http://loinc.org", "code": "39156-5"}]}, "valueInteger": 31}
    records, tally = read(observation(code=code, component=[component, {"code": code, "valueInteger": 1}]))
    assert [record.values["bmi"] for record in records] == [31]
    assert tally.n_unmapped == {("Observation.component", "a code that the mapping does not know"): 1}


def start_back(*answers: dict[str, Any]) -> dict[str, Any]:
    items = [{"linkId": f"s{number}", "answer": [answer]} for number, answer in enumerate(answers, start=1) if answer]
    said = {"resourceType": "QuestionnaireResponse", "id": "1", "status": "completed", "authored": "2026-01-12"}
    return {**said, "questionnaire": "https://clinic.example/Questionnaire/start-back", "item": items} | {
        "subject": {"reference": "Patient/1"}
    }


def test_a_score_is_worked_out_from_its_items(read: Read) -> None:
    weighted = {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 1}
    answers = [{"valueInteger": 1}, {"valueDecimal": 0.0}, {"valueBoolean": True}, {"valueBoolean": False}]
    answers += [{"valueCoding": {"code": "agree", "extension": [weighted]}}, *[{"valueInteger": 1}] * 4]
    records, tally = read(start_back(*answers))
    assert [record.values for record in records] == [
        {"patient_key": "1", "happened_on": "2026-01-12", "start_total": 7},
        {"patient_key": "1", "happened_on": "2026-01-12", "start_psych": 5},
    ]
    assert not tally.n_unmapped


def test_a_score_without_enough_items_or_with_an_impossible_one_is_counted_not_guessed(read: Read) -> None:
    one: dict[str, Any] = {"valueInteger": 1}
    records, tally = read(start_back(one, *[{}] * 3, *[one] * 5), start_back(*[one] * 8, {"valueInteger": 3}))
    assert [record.values.get("start_psych") for record in records] == [5]
    assert tally.n_unmapped == {
        ("QuestionnaireResponse.item", "too few items were answered for a score"): 1,
        ("QuestionnaireResponse.item", "an item that is no answer of the questionnaire"): 2,
    }


def test_a_condition_that_is_over_counts_for_the_episodes_that_began_while_it_lasted(read: Read) -> None:
    def diabetes(key: str, began: str, **ended: str) -> dict[str, Any]:
        code = {"coding": [{"system": "https://clinic.example/codes", "code": "diabetes"}]}
        said = {"resourceType": "Condition", "id": key, "subject": {"reference": "Patient/patient-1"}}
        return {**said, "code": code, "onsetDateTime": began, **ended}

    records, _ = read(
        diabetes("1", "2020-01-01", abatementDateTime="2025-12-31"),
        diabetes("2", "2026-01-01", abatementDateTime="2026-01-20"),
        diabetes("3", "2026-01-01"),
        *(one for one in resources(COURSE) if one["resourceType"] == "Encounter"),
    )
    said = [record.values for record in records if "comorb_diabetes" in record.values]
    assert [(values.get("lasting_since"), values.get("happened_on")) for values in said] == [
        ("2026-01-01", None),
        (None, "2026-01-12"),
    ]


@pytest.mark.parametrize("is_first", [True, False])
def test_what_was_ruled_out_once_does_not_outweigh_what_was_found(read: Read, is_first: bool) -> None:
    def diabetes(key: str, status: str) -> dict[str, Any]:
        code = {"coding": [{"system": "https://clinic.example/codes", "code": "diabetes"}]}
        said = {"resourceType": "Condition", "id": key, "subject": {"reference": "Patient/1"}, "code": code}
        return {**said, "onsetDateTime": "2020-01-01", "verificationStatus": {"coding": [{"code": status}]}}

    found = [diabetes("1", "refuted"), diabetes("2", "confirmed")]
    records, _ = read(*(found if is_first else found[::-1]))
    assert [record.values["comorb_diabetes"] for record in records] == [True, "no"], "of two sayings the first counts"


def test_a_late_score_is_no_baseline(read: Read) -> None:
    records, _ = read(*resources(COURSE))
    baselines = [record.values for record in records if record.feed == "intake" and "nprs_back_avg" in record.values]
    assert [values["nprs_back_avg"] for values in baselines] == [7]


def test_a_practitioners_role_is_in_the_sessions_that_follow(read: Read) -> None:
    def coded(code: str) -> dict[str, Any]:
        return {"coding": [{"system": "https://clinic.example/codes", "code": code}]}

    role = {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/smith"}}
    role |= {"code": [coded("physio")], "specialty": [coded("master")]}
    records, tally = read(role, *resources(COURSE))
    sessions = [record.values for record in records if "practitioner_key" in record.values]
    assert {values["practitioner_qualification"] for values in sessions} == {"postgrad_masters_manip"}
    assert not tally.n_unmapped
    _, late = read(*resources(COURSE), role)
    assert late.n_unmapped == {("PractitionerRole", "a role that came after its practitioner's encounters"): 1}


def test_a_missed_appointment_is_a_session_that_was_not_attended(read: Read) -> None:
    appointment = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "noshow",
        "start": "2026-02-02T09:00:00Z",
        "participant": [{"actor": {"reference": "Patient/patient-1"}}],
    }
    records, _ = read(appointment)
    assert records[0].values == {
        "session_key": "a1",
        "patient_key": "patient-1",
        "session_day": "2026-02-02",
        "attendance": "dna",
    }


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("  codes:\n    a|b: outcome invented\n", "line 4: a|b: outcome has no field invented"),
        ("  codes:\n    a|b: visit nprs_pre\n", "line 4: a|b: visit is no feed"),
        ("  codes:\n    a|b: intake sex=woman\n", "line 4: a|b: woman is no code of sex"),
        ("  values:\n    sex:\n      a|b: woman\n", "line 5: woman is no code of sex"),
        ("  values:\n    sexes:\n      a|b: female\n", "line 4: sexes is no field of the contract that has codes"),
        ("  code:\n    a|b: intake sex\n", "line 3: code is not known here"),
        ("  questionnaires:\n    - items: {a: score odi_pct}\n", "questionnaire is missing"),
        (
            "  questionnaires:\n    - questionnaire: x\n      items:\n        a: score groc\n",
            "line 6: a: score has no field groc",
        ),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_by_line(read: Read, source: str, said: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read({"resourceType": "Patient", "id": "1"}, source=source)
    assert said in str(refusal.value)


def test_the_public_sample_goes_through_by_the_documented_commands(shared: Path, tmp_path: Path) -> None:
    """13 synthetic patients (SMART sample bulk data). What it says of them is not about this product's patients."""
    run = CliRunner().invoke(main, ["export", "init", str(tmp_path / "key")])
    assert run.exit_code == 0, run.output
    mapping, place = MAPPING.with_name("fhir-synthea.yaml"), shared / "data" / "fhir"
    own = [str(mapping), str(place), "--key", str(tmp_path / "key"), "--to", str(tmp_path / "inbox")]
    run = CliRunner().invoke(main, ["export", "run", *own])
    assert run.exit_code == 0, run.output
    (folder,) = (tmp_path / "inbox" / "C004").iterdir()
    assert len(delivered(folder, "intake")) >= 2
    assert {row["component"] for row in delivered(folder, "session_component")} == {"exercise"}
    with gzip.open(place / "Patient.000.ndjson.gz", "rt", encoding="utf-8") as file:
        families = {json.loads(line)["name"][0]["family"] for line in file}
    whole = run.output + "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert len(families) > 5
    assert [family for family in families if family in whole] == []


def test_a_folder_without_fhir_files_is_refused(tmp_path: Path) -> None:
    section = read_section(MAPPING).section("source")
    assert section is not None
    with pytest.raises(UsageError, match="holds no FHIR file"):
        list(read_fhir(Request(tmp_path, section, ZoneInfo("UTC"), Tally())))
