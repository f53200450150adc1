"""A draft of a mapping from a sample: right where it can be, asked where the sample cannot tell."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.exporting.drafting import draft
from pipelines.exporting.marked_yaml import read_section
from pipelines.exporting.table_mapping import read_table_mapping
from tests.exporting.canaries import CANARIES, assert_no_canary

VISITS = (
    "Patient ID;Patient Name;Appointment ID;Appointment Date;Status;Practitioner;Notes\n"
    "7;Anna Okafor;1;25/04/2024 09:30;Arrived;Dr A;free\n"
    "8;Ewa Brandt;2;01/05/2024 10:00;No show;Dr B;free\n"
    "8;Ewa Brandt;3;01/06/2024 10:00;Waiting list;Dr B;free\n"
)


def _sample(tmp_path: Path, content: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "visits.csv"
    path.write_bytes(content.encode(encoding))
    return path


def test_a_draft_finds_feed_fields_codes_dates_and_how_the_file_is_written(tmp_path: Path) -> None:
    said = draft(_sample(tmp_path, VISITS), "C007")
    for line in (
        "clinic_code: C007",
        "dates: DD/MM/YYYY hh:mm",
        "delimiter: semicolon",
        "- feed: session ",
        "patient_key: Patient ID",
        "session_key: Appointment ID",
        "session_day: Appointment Date",
        "practitioner_key: Practitioner",
        "Arrived: attended",
        "No show: dna",
        "Waiting list: ???",
        "#   Patient Name",
        "#   Notes",
    ):
        assert line in said, line
    assert "Okafor" not in said


def test_a_draft_that_nobody_has_looked_at_is_refused_as_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(draft(_sample(tmp_path, VISITS), "C007"), encoding="utf-8")
    source = read_section(path).section("source")
    assert source is not None
    with pytest.raises(UsageError, match=r"\?\?\? is no code of attendance"):
        read_table_mapping(source)


def test_whether_the_day_or_the_month_comes_first_is_asked_when_the_sample_fits_both(tmp_path: Path) -> None:
    said = draft(_sample(tmp_path, "Patient ID,Appointment Date,Status\n7,03/04/2024,Arrived\n"), "C007")
    assert "# dates: DD/MM/YYYY\n" in said
    assert "# dates: MM/DD/YYYY\n" in said
    assert "\n  dates:" not in said


def test_windows_1252_is_noticed(tmp_path: Path) -> None:
    said = draft(_sample(tmp_path, "Patient ID,Status\n7,Ausgefallen für heute\n", "cp1252"), "C007")
    assert "encoding: cp1252" in said


def test_what_identifies_does_not_stand_in_a_draft_even_in_a_coded_column(tmp_path: Path) -> None:
    rows = "".join(
        f'{number},"{canary}"\n' for number, canary in enumerate(CANARIES.values()) if " " in canary or "@" in canary
    )
    said = draft(_sample(tmp_path, f"Patient ID,Status\n{rows}"), "C007")
    assert_no_canary([said])


def test_the_command_prints_the_draft(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["export", "draft", str(_sample(tmp_path, VISITS)), "--clinic-code", "C007"])
    assert done.exit_code == 0
    assert done.output == draft(tmp_path / "visits.csv", "C007")


def test_a_sample_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no rows"):
        draft(_sample(tmp_path, "Patient ID,Status\n"), "C007")
