"""What identifies a person is put wherever FHIR, OMOP and DICOM have room for it: none of it may be said or delivered."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.exporting.keys import create_key
from tests.exporting.canaries import CANARIES, assert_no_calendar_date, assert_no_canary, written_below
from tests.exporting.fhir_clinic import MAPPING, Course, Visit, resources, write_bulk
from tests.exporting.test_omop import SOURCE, TABLES

pytestmark = pytest.mark.ci

NAME = f"{CANARIES['given name']} {CANARIES['family name']}"
PHONE, MAIL, NHS = CANARIES["telephone"], CANARIES["e-mail"], CANARIES["NHS number"]
ADDRESS, BORN, NOTE = CANARIES["street"], CANARIES["birth date"], CANARIES["free text"]
COURSE = Course(
    number=5,
    first_day=date(2026, 1, 12),
    birth_year=1961,
    sex="male",
    visits=(Visit(0, components=("advice", "walking"), has_soreness=True), Visit(7)),
    back_pain={0: 7, 12: 2},
    rmdq={0: 14, 12: 3},
    has_diabetes=True,
    crp=3.0,
    disc="protruded",
)
OTHERS = {
    "name": [{"family": NAME, "given": [CANARIES["given name"]]}],
    "telecom": [{"system": "phone", "value": PHONE}, {"system": "email", "value": MAIL}],
    "address": [{"line": [ADDRESS], "postalCode": CANARIES["postcode"]}],
    "contact": [{"name": {"family": NAME}}],
    "text": {"status": "generated", "div": f"<div>{NAME} {NOTE}</div>"},
    "note": [{"text": NOTE}],
    "description": NOTE,
    "comment": NOTE,
    "conclusion": NOTE,
    "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": NHS}],
    "extension": [{"url": "mothers-name", "valueString": NAME}],
    "location": [{"location": {"display": ADDRESS}}],
    "performer": [{"display": NAME, "reference": f"Practitioner/{NAME}"}],
}
"""Elements that say who somebody is, put into every resource."""


def adversarial() -> Iterator[dict[str, Any]]:
    """Resources in which a canary stands where a code, number, date or key is expected."""
    patient = {"reference": "Patient/patient-5"}
    known = {"coding": [{"system": "https://clinic.example/codes", "code": "smoking"}]}
    base = {
        "resourceType": "Observation",
        "status": "final",
        "subject": patient,
        "code": known,
        "effectiveDateTime": "2026-01-12",
    }
    values: list[dict[str, Any]] = [
        {"valueString": NOTE},
        {"valueCodeableConcept": {"coding": [{"code": NAME}], "text": NAME}},
        {"valueQuantity": {"value": NAME}},
        {"valueQuantity": {"value": 3, "unit": NAME, "code": NAME}},
        {"dataAbsentReason": {"text": NOTE, "coding": [{"code": NAME}]}},
        {"effectiveDateTime": NAME},
        {"effectiveDateTime": BORN, "valueInteger": 3},
        {"code": {"coding": [{"code": NAME}], "text": NOTE}},
        {"status": NAME},
        {"subject": {"reference": f"Patient/{NAME}"}, "valueInteger": 3},
        {"subject": NAME},
        {"bodySite": {"text": NAME}},
    ]
    for number, value in enumerate(values):
        yield {**base, "id": f"{NAME} {number}", **value}
    yield {"resourceType": NAME, "id": NAME}
    yield {"resourceType": "Patient", "id": NHS, "birthDate": NAME, "gender": NAME}
    yield {"resourceType": "Appointment", "id": MAIL, "status": "noshow", "start": NAME}
    answer = [
        {"linkId": NAME, "answer": [{"valueString": NOTE}]},
        {"linkId": "rmdq", "answer": [{"valueString": NOTE}]},
    ]
    yield {
        "resourceType": "QuestionnaireResponse",
        "id": PHONE,
        "status": "completed",
        "questionnaire": "https://clinic.example/Questionnaire/follow-up",
        "authored": "2026-01-12",
        "subject": patient,
        "item": answer,
    }


@pytest.fixture
def found(tmp_path: Path) -> Callable[[Path, Path], list[bytes]]:
    """Preview and run by the commands: everything that they said or wrote, looked at for canaries and calendar dates."""

    def of(mapping: Path, place: Path) -> list[bytes]:
        create_key(tmp_path / "key")
        own = ["--key", str(tmp_path / "key"), str(mapping), str(place)]
        preview = CliRunner().invoke(main, ["export", "preview", *own])
        run = CliRunner().invoke(main, ["export", "run", *own, "--to", str(tmp_path / "inbox")])
        assert preview.exit_code == 0, preview.output
        assert run.exit_code == 0, run.output
        written = written_below(tmp_path / "inbox")
        assert len(written) > 8
        assert_no_canary([preview.output, run.output, *written])
        for delivery in (tmp_path / "inbox").glob("*/*"):
            assert_no_calendar_date(delivery)
        return written

    return of


def test_nothing_that_identifies_leaves_a_fhir_source(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("orjson", reason="orjson is not installed (the extra `export`)")
    who = {"name": NAME, "text": NOTE}
    stuffed = [{**OTHERS, **one} for one in resources(COURSE, who)]
    stuffed = [{**one, "birthDate": BORN} if one["resourceType"] == "Patient" else one for one in stuffed]
    folder = write_bulk(tmp_path / "bulk", stuffed)
    (folder / f"{NAME}.ndjson").write_text(
        "\n".join([f"{NAME} {NOTE}", *(json.dumps({**OTHERS, **one}) for one in adversarial())]), encoding="utf-8"
    )
    found(MAPPING, folder)


def test_nothing_that_identifies_leaves_an_omop_source(found, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "cdm"
    folder.mkdir()
    names = f"'{NAME}' as person_source_value, '{ADDRESS}' as location_source_value, '{NHS}' as note_text"
    for table, query in TABLES.items():
        more = names
        if table == "observation":
            query = query.replace("since she met Bob", NOTE)  # noqa: PLW2901
        if table == "condition_occurrence":
            query = query.replace("J. Doe", NAME)  # noqa: PLW2901
        duckdb.execute(f"copy (select *, {more} from ({query})) to '{folder / table}.parquet'")
    duckdb.execute(f"copy (select '{NOTE}' as note_text, 1 as person_id) to '{folder}/note.parquet'")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("clinic_code: C003\ntime_zone: Europe/London" + SOURCE, encoding="utf-8")
    found(mapping, folder)


def test_nothing_that_identifies_leaves_dicom_headers(found, tmp_path: Path, caplog) -> None:  # type: ignore[no-untyped-def]
    """Together with the visits of a FHIR source: one study without identity is taken, those with any are refused."""
    pytest.importorskip("orjson", reason="orjson is not installed (the extra `export`)")
    pytest.importorskip("pydicom", reason="pydicom is not installed (the extra `export`)")
    from pydicom import config

    from tests.exporting.test_dicom import header, save_headers

    write_bulk(tmp_path / "all" / "bulk", resources(COURSE, {"name": NAME, "text": NOTE}))
    with config.disable_value_validation():
        odd = header(StudyInstanceUID="1.2.6", BodyPartExamined=NAME, Modality="MR", MagneticFieldStrength=None)
        odd.add_new("PatientAge", "AS", NOTE)
    headers = [
        header(StudyInstanceUID="1.2.1", StudyDescription=NOTE, SeriesDescription=NAME),
        header(StudyInstanceUID="1.2.2", PatientName=NAME.replace(" ", "^")),
        header(StudyInstanceUID="1.2.3", PatientID=NHS),
        header(StudyInstanceUID="1.2.4", PatientBirthDate=BORN.replace("-", "")),
        header(StudyInstanceUID="1.2.5", PatientAddress=ADDRESS, InstitutionName=ADDRESS),
        odd,
    ]
    keys = "".join(f"1.2.{number},patient-5,2026-01-14,\n" for number in range(1, 7))
    save_headers(tmp_path / "all" / "images", headers, keys, name=NAME)
    written = found(MAPPING.with_name("dicom.yaml"), tmp_path / "all")
    assert b"".join(written).count(b",MR,") == 2
    assert caplog.text == ""
