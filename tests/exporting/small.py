"""A small practice in two CSV files, which a test changes, exports and reads back."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines.exporting.keys import Pseudonyms, create_key, read_key
from pipelines.exporting.running import Order, Result, export

Rows = list[dict[str, str]]

MAPPING = """
clinic_code: C001
time_zone: Europe/London
source:
  kind: tables
  dates: DD/MM/YYYY
  values:
    yes_no: {Yes: yes, No: no, Declined: .d}
  files:
    - file: patients.csv
      records:
        - feed: intake
          fields:
            patient_key: Patient
            birth_date: Born
            sex: {column: Sex, values: {F: female, M: male}}
            happened_on: Seen first
            complaint_region: {column: Where, values: {Back: low_back, Leg: thigh, Foot: foot}, split: +}
            work_status: {column: Work, values: {Yes: working_full, No: retired, Student: student}}
            rf_any: {column: Red flag, values: yes_no}
            nprs_leg_avg: Leg pain
    - file: visits.csv
      records:
        - feed: session
          fields:
            patient_key: Patient
            session_key: Visit
            session_day: Day
            attendance: {column: Came, values: {Yes: attended, No: dna}}
            practitioner_key: Seen by
        - feed: session_component
          when: [{column: Came, is: Yes}]
          fields:
            session_key: Visit
            component: {column: Done, values: {Exercise: exercise, Advice: advice}, split: +}
        - feed: outcome
          when: [{column: RMDQ, is_not: ""}]
          fields:
            patient_key: Patient
            completed_day: Day
            rmdq24: RMDQ
"""


def patient(number: int, **said: str) -> dict[str, str]:
    """A patient's row, with what else is said of the patient."""
    row = {
        "Patient": f"P{number}",
        "Name": "Anna Okafor",
        "Born": "04/03/1970",
        "Sex": "F",
        "Seen first": "02/01/2024",
        "Where": "Back",
        "Work": "Yes",
        "Red flag": "No",
        "Leg pain": "5",
    }
    return row | said


def visit(number: int, day: str, **said: str) -> dict[str, str]:
    """A visit of a patient on a day."""
    row = {
        "Patient": f"P{number}",
        "Visit": f"V{number}-{day}",
        "Day": day,
        "Came": "Yes",
        "Seen by": f"Dr {number % 4}",
        "Done": "Exercise",
        "RMDQ": "",
    }
    return row | said


@dataclass
class Small:
    """The practice's files; `written` writes them, `exported` exports them and returns what leaves."""

    folder: Path
    patients: Rows = field(default_factory=lambda: [patient(number) for number in range(12)])
    visits: Rows = field(default_factory=lambda: [visit(number, "03/01/2024") for number in range(12)])
    mapping: str = MAPPING

    @property
    def key(self) -> Path:
        """The key, made when it is first asked for."""
        path = self.folder / "clinic.key"
        if not path.exists():
            create_key(path)
        return path

    @property
    def pseudonyms(self) -> Pseudonyms:
        """The pseudonyms that the export makes."""
        return Pseudonyms(read_key(self.key), "C001")

    def order(self, as_of: date | None = None, delivery_id: str = "") -> Order:
        """Write the files; the order to export them."""
        place = self.folder / "practice"
        place.mkdir(exist_ok=True)
        for name, rows in (("patients", self.patients), ("visits", self.visits)):
            with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        (self.folder / "map.yaml").write_text(self.mapping, encoding="utf-8")
        return Order(self.folder / "map.yaml", place, self.key, as_of, delivery_id)

    def exported(self, as_of: date | None = None) -> tuple[Mapping[str, Rows], Result]:
        """The rows of each delivered feed, and the result."""
        folder, result = export(self.order(as_of), self.folder / "inbox")
        feeds = {}
        for path in folder.glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                feeds[path.stem] = list(csv.DictReader(file))
        return feeds, result
