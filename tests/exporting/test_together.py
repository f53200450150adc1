"""Several sources in one delivery."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("orjson", reason="orjson is not installed (the extra `export`)")

from pipelines.errors import UsageError
from pipelines.exporting.marked_yaml import read_section
from pipelines.exporting.sources import Request
from pipelines.exporting.tally import Tally
from pipelines.exporting.together import read_together
from tests.exporting.fhir_clinic import Course, Visit, resources, write_bulk

SOURCE = """
source:
  kind: together
  sources:
    - place: {first}
      kind: fhir
    - place: two
      kind: {second}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("one", "two")):
        course = Course(number, date(2026, 1, 5), 1980, "female", (Visit(0),))
        write_bulk(tmp_path / "all" / name, (one for one in resources(course) if one["resourceType"] == "Patient"))
    return tmp_path / "all"


def read(folder: Path, tmp_path: Path, first: str = "one", second: str = "fhir") -> list[str]:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(SOURCE.format(first=first, second=second), encoding="utf-8")
    section = read_section(mapping).section("source")
    assert section is not None
    request = Request(folder, section, ZoneInfo("UTC"), Tally())
    return [str(record.values["patient_key"]) for record in read_together(request)]


def test_the_records_of_each_source_come_in_their_order(folder: Path, tmp_path: Path) -> None:
    assert read(folder, tmp_path) == ["patient-0", "patient-1"]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("nowhere", "fhir", "line 5: place is not there"),
        ("..", "fhir", "line 5: place is not there"),
        ("one", "together", "line 8: kind is none of"),
        ("one", "letters", "line 8: kind is none of"),
    ],
)
def test_a_place_outside_or_a_kind_that_is_none_is_refused_by_line(
    folder: Path, tmp_path: Path, first: str, second: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        read(folder, tmp_path, first, second)
