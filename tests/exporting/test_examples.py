"""The worked examples, run on records such as they were written for."""

import csv
import datetime
from pathlib import Path

import pytest

from pipelines.exporting.keys import Pseudonyms, create_key, read_key
from pipelines.exporting.running import Order, Result, export
from tests.conftest import ROOT

EXAMPLES = ROOT / "pipelines" / "exporting" / "examples"

CSV = {
    "patients 2026.csv": "Patient No,First name,Last name,Date of birth,Gender\n"
    "7,Anna,Müller,04/03/1970,Female\n8,Ewa,Brandt,-,n/a\n",
    "appointments 2026.csv": "Patient ID,Patient name,Appointment ID,Start,End,Status,Practitioner,Treatments,Notes,Pain before\n"
    '7,Anna Müller,A1,12/01/2026 09:00,12/01/2026 09:40,Arrived,Dr A,"Exercise, Advice",better,6\n'
    "7,Anna Müller,A2,19/01/2026 09:00,19/01/2026 09:30,No show,Dr A,,,\n"
    "8,Ewa Brandt,A3,13/01/2026 09:00,13/01/2026 09:30,Arrived,Dr B,Massage,,3\n",
    "first forms.csv": "Patient ID,Filled in on,Where is the pain,Side,Pain below the knee,Leg worse than back,Leg pain,Back pain,"
    "Weight,Weight unit,Height in metres,Began on,Change in bladder or bowel,Ever had cancer\n"
    '7,10/01/2026,"Low back, Calf",Left,Yes,Not sure,7,3,11.5,st,1.70,01/12/2025,Declined,No\n'
    "8,13/01/2026,Foot,Both,No,No,2,1,80,kg,1.80,-,No,Not asked\n",
    "questionnaires.csv": "Patient ID,Answered on,Q1,Q2,Q3,Q4,Q5,Q6,Q7,Q8,Q9,Q10,Leg pain,Back pain\n"
    "7,10/01/2026,2,2,2,2,2,2,2,2,0,,7,3\n7,08/04/2026,1,1,1,1,1,1,1,1,0,0,2,1\n",
}  # fmt: skip


def _export(example: str, place: Path, folder: Path) -> tuple[dict[str, list[dict[str, str]]], Result, Pseudonyms]:
    create_key(folder / "key")
    delivery, result = export(Order(EXAMPLES / example, place, folder / "key"), folder / "inbox")
    feeds = {}
    for path in delivery.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            feeds[path.stem] = list(csv.DictReader(file))
    return feeds, result, Pseudonyms(read_key(folder / "key"), result.clinic_code)


def test_appointments_and_forms_in_csv(tmp_path: Path) -> None:
    place = tmp_path / "exports"
    place.mkdir()
    for name, content in CSV.items():
        (place / name).write_text(content, encoding="cp1252")
    feeds, result, keys = _export("appointments-and-forms.yaml", place, tmp_path)
    assert dict(result.tally.n_unmapped) == {}
    (anna,) = [row for row in feeds["intake"] if row["patient_key"] == keys.of("patient", "7")]
    assert {
        name: anna[name]
        for name in ("age_band", "bmi", "complaint_region", "episode_duration_days", "rf_bladder_bowel")
    } == {
        "age_band": "50-59",
        "bmi": "25.3",
        "complaint_region": "calf;low_back",
        "episode_duration_days": "42",
        "rf_bladder_bowel": ".d",
    }
    of_anna = [row for row in feeds["session"] if row["episode_key"] == anna["episode_key"]]
    assert sorted((row["attendance"], row["session_day"], row["duration_min"], row["nprs_pre"]) for row in of_anna) == [
        ("attended", "0", "40", "6"),
        ("dna", "7", "30", ""),
    ]
    assert sorted(row["component"] for row in feeds["session_component"]) == ["advice", "exercise", "soft_tissue"]
    scores = [
        (row["timepoint_wk"], row["completed_day"], row["odi_pct"])
        for row in feeds["outcome"]
        if row["episode_key"] == anna["episode_key"] and row["odi_pct"]
    ]
    assert sorted(scores) == [("0", "0", "35.6"), ("12", "86", "16.0")]


def test_a_workbook_with_a_sheet_a_kind(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl, of the extra export, is absent")
    book = openpyxl.Workbook()
    clients = book.active
    clients.title = "Clients"
    visits = book.create_sheet("Visits")
    born, first = datetime.datetime(1931, 5, 6), datetime.datetime(2026, 1, 12)  # noqa: DTZ001
    for row in (["Client #", "DOB", "Sex", "First seen", "Area", "Name"], [7, born, "F", "01/12/2026", "Leg", "Anna"]):
        clients.append(row)
    for row in (
        ["Client #", "Visit #", "Date", "Showed up", "Provider", "Roland"],
        [7, 1, first, True, "Dr A", 12],
        [7, 2, "02/09/2026", "no", "Dr A", None],
        [7, 3, "02/10/2026", "yes", "Dr A", 4],
    ):
        visits.append(row)
    book.save(tmp_path / "practice.xlsx")
    feeds, result, _ = _export("workbook.yaml", tmp_path / "practice.xlsx", tmp_path)
    assert dict(result.tally.n_unmapped) == {}
    assert [(row["age_band"], row["index_period"], row["complaint_region"]) for row in feeds["intake"]] == [
        ("90+", "2026", "thigh")
    ]
    assert sorted((row["session_day"], row["attendance"]) for row in feeds["session"]) == [
        ("0", "attended"),
        ("28", "dna"),
        ("29", "attended"),
    ]
    assert sorted((row["timepoint_wk"], row["rmdq24"]) for row in feeds["outcome"]) == [("0", "12"), ("4", "4")]
