"""Mapping files for CSV and XLSX: what they can say, and that a fault in one names its line and what to do."""

import re
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.exporting.marked_yaml import read_section
from pipelines.exporting.plan import read_plan
from pipelines.exporting.records import Record
from pipelines.exporting.sources import EXAMPLES, Request
from pipelines.exporting.table_mapping import read_table_mapping
from pipelines.exporting.tables import read_tables
from pipelines.exporting.tally import Tally

HEAD = "kind: tables\ndates: DD/MM/YYYY\nfiles:\n  - file: a.csv\n    records:\n      - feed: intake\n        fields:\n"


def _read(tmp_path: Path, mapping: str, content: str | bytes = "", name: str = "a.csv") -> tuple[list[Record], Tally]:
    (tmp_path / "map.yaml").write_text(mapping, encoding="utf-8")
    place = tmp_path / "files"
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(content.encode() if isinstance(content, str) else content)
    tally = Tally()
    section = read_section(tmp_path / "map.yaml")
    return list(read_tables(Request(place, section, ZoneInfo("Europe/London"), tally))), tally


def _values(tmp_path: Path, fields: str, content: str, head: str = HEAD) -> list[dict[str, object]]:
    records, _ = _read(tmp_path, head + fields, content)
    return [{name: value for name, value in record.values.items() if value is not None} for record in records]


def test_a_column_is_found_by_any_of_its_names_whatever_the_capitals(tmp_path: Path) -> None:
    fields = "          patient_key: [Patient No, Patient ID]\n"
    assert _values(tmp_path, fields, "patient id\n7\n") == [{"patient_key": "7"}]


def test_keys_may_be_joined_of_columns_and_are_missing_when_a_part_is(tmp_path: Path) -> None:
    fields = "          patient_key: {columns: [Site, No]}\n"
    assert _values(tmp_path, fields, "Site,No\nA,7\nA,\n") == [{"patient_key": "A:7"}, {}]


def test_units_are_turned_and_rounded_half_up(tmp_path: Path) -> None:
    fields = "          nprs_leg_avg: {column: VAS, multiply: 0.1, round: yes}\n"
    found = _values(tmp_path, fields, "VAS\n65\n64\n6.5e+01\n")
    assert [row["nprs_leg_avg"] for row in found] == ["7", "6", "7"]


def test_a_unit_of_its_own_column_is_turned_by_the_map_of_units(tmp_path: Path) -> None:
    fields = "          weight_kg: {column: W, unit_column: Unit, units: {kg: 1, lb: 0.45359237}}\n"
    records, tally = _read(tmp_path, HEAD + fields, "W,Unit\n80,kg\n100,LB\n11,stone\n")
    assert [record.values["weight_kg"] for record in records] == ["80", "45.359237", None]
    assert dict(tally.n_unmapped) == {("intake.weight_kg", "a unit that the mapping does not have"): 1}


def test_a_comma_may_be_the_decimal_mark(tmp_path: Path) -> None:
    head = HEAD.replace("dates:", "decimal: ','\ndelimiter: semicolon\ndates:")
    assert _values(tmp_path, "          bmi: BMI\n", "BMI\n27,4\n", head) == [{"bmi": "27.4"}]


def test_items_are_scored(tmp_path: Path) -> None:
    names = [f"ODI {number}" for number in range(1, 11)]
    fields = f"          odi_pct: {{score: odi_percent, items: [{', '.join(names)}]}}\n"
    rows = "2,2,2,2,2,2,2,2,0,\n,,,,,,,,,\n2,2,2,2,2,2,2,2,0,9\n"
    records, tally = _read(tmp_path, HEAD + fields, f"{','.join(names)}\n{rows}")
    assert [record.values["odi_pct"] for record in records] == [35.6, None, None]
    assert dict(tally.n_unmapped) == {("intake.odi_pct", "an item that is no answer of the questionnaire"): 1}


def test_windows_1252_is_read_when_it_is_said_and_refused_with_the_remedy_when_not(tmp_path: Path) -> None:
    content = "Patient\nMüller\n".encode("cp1252")
    fields = "          patient_key: Patient\n"
    head = HEAD.replace("dates:", "encoding: cp1252\ndates:")
    assert _read(tmp_path, head + fields, content)[0][0].values == {"patient_key": "Müller"}
    with pytest.raises(UsageError, match=r"a.csv after line 0: not utf-8-sig.*cp1252.*map.yaml line 4") as error:
        _read(tmp_path, HEAD + fields, content)
    assert "ller" not in str(error.value)


def test_a_row_with_too_many_or_too_few_values_is_counted_with_its_line(tmp_path: Path) -> None:
    records, tally = _read(tmp_path, HEAD + "          patient_key: P\n", "P,Q\n1,2\n1\n1,2,3\n4,5\n")
    assert len(records) == 2
    assert dict(tally.n_unmapped) == {("a.csv", "a row with more or fewer values than the header"): 2}
    assert list(tally.first_places.values()) == ["a.csv:3"]


def test_a_date_not_written_as_said_is_counted_and_never_turned_round(tmp_path: Path) -> None:
    records, tally = _read(tmp_path, HEAD + "          happened_on: Day\n", "Day\n04/25/2024\n25/04/2024\n")
    assert [str(record.values["happened_on"]) for record in records] == ["None", "2024-04-25"]
    assert dict(tally.n_unmapped) == {("intake.happened_on", "a date that is not written as the mapping says"): 1}


def test_columns_that_are_not_mapped_are_named_but_not_those_that_may_be_a_patient(tmp_path: Path) -> None:
    header = "P,Remarks,First name,Oluwaseun Szczepanski,left out\n1,2,3,4,5\n"
    mapping = HEAD.replace("    records:", "    drop: [Left out]\n    records:") + "          patient_key: P\n"
    _, tally = _read(tmp_path, mapping, header)
    assert tally.dropped_columns == {"a.csv": ["Remarks", "First name", "column 4"]}


def test_cells_of_a_spreadsheet_are_days_numbers_and_text(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    import datetime
    import io

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Forms"
    for row in (["P", "Day", "Pain", "Flag"], [7, datetime.datetime(2024, 4, 25), 5.0, True], [None] * 4):  # noqa: DTZ001
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    mapping = HEAD.replace("file: a.csv", "file: a.xlsx\n    sheet: Forms")
    fields = "          {patient_key: P, happened_on: Day, nprs_leg_avg: Pain, rf_any: Flag}\n"
    (record,), _ = _read(tmp_path, mapping + fields, content.getvalue(), "a.xlsx")
    assert str(record.values["happened_on"]) == "2024-04-25 00:00:00"
    assert {name: record.values[name] for name in ("patient_key", "nprs_leg_avg", "rf_any")} == {
        "patient_key": "7",
        "nprs_leg_avg": "5",
        "rf_any": "yes",
    }
    with pytest.raises(UsageError, match="has no sheet Other"):
        _read(tmp_path, mapping.replace("Forms", "Other") + fields, content.getvalue(), "a.xlsx")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (HEAD + "          patient_key: Nobody\n", "map.yaml line 8: a.csv has no column Nobody"),
        (HEAD + "          patient: P\n", "map.yaml line 8: patient is no field of intake"),
        (HEAD + "          sex: {column: P, value: {f: female}}\n", "map.yaml line 8: value is not known here"),
        (HEAD + "          sex: {column: P, values: sexes}\n", "map.yaml line 8: values names no map"),
        (HEAD + "          sex: {values: {f: female}}\n", "map.yaml line 8: sex has neither a column nor a constant"),
        (HEAD + "          sex: {column: P, values: {f: fem}}\n", "map.yaml line 8: fem is no code of sex"),
        (HEAD + "          bmi: {column: P, multiply: many}\n", "map.yaml line 8: multiply is no number"),
        (HEAD + "          odi_pct: {items: [P], score: odi_percent}\n", "map.yaml line 8: items lists 1 columns"),
        (HEAD + "          happened_on: {column: P, dates: DD/MM/YY}\n", "map.yaml line 8: dates is no form of a date"),
        (
            HEAD.replace("dates: DD/MM/YYYY\n", "") + "          happened_on: P\n",
            "map.yaml line 7: happened_on is a date",
        ),
        (HEAD.replace("DD/MM/YYYY", "european") + "          patient_key: P\n", "map.yaml line 2: dates is no form"),
        (
            HEAD.replace("feed: intake", "feed: visits") + "          patient_key: P\n",
            "map.yaml line 6: feed is none of",
        ),
        (HEAD.replace("a.csv", "../a.csv") + "          patient_key: P\n", "map.yaml line 4: file leaves the folder"),
        (HEAD.replace("a.csv", "b.csv") + "          patient_key: P\n", "map.yaml line 4: no file b.csv"),
        (
            HEAD.replace("dates:", "encoding: ansi-ish\ndates:") + "          patient_key: P\n",
            "map.yaml line 2: encoding",
        ),
    ],
)
def test_a_fault_names_its_line_and_what_to_do(tmp_path: Path, mapping: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        _read(tmp_path, mapping, "P\n4711-secret\n")
    assert str(error.value).startswith(said), str(error.value)
    assert ". " in str(error.value)
    assert "4711-secret" not in str(error.value)


def test_what_only_calls_itself_a_spreadsheet_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="openpyxl, of the extra export, is absent")
    mapping = HEAD.replace("a.csv", "a.xlsx") + "          patient_key: P\n"
    for content in (b"", b"P\n7\n", b"PK\x03\x04 cut short"):
        with pytest.raises(UsageError, match=r"a\.xlsx is no XLSX file"):
            _read(tmp_path, mapping, content, "a.xlsx")


@given(st.data())
@settings(max_examples=150)
def test_a_mapping_that_was_damaged_is_read_or_refused_with_its_line_and_never_breaks(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(EXAMPLES.glob("*.yaml"))))
    lines = path.read_text(encoding="utf-8").splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    line = lines[place]
    cut = data.draw(st.integers(0, len(line)))
    lines[place : place + 1] = data.draw(
        st.sampled_from(
            (
                [],
                [line, line],
                [line[:cut]],
                [f"{line[:cut]}: {line[cut:]}"],
                [f"  {line}"],
                [f"{line}: [x"],
                [f"- {line}"],
            )
        )
    )
    with tempfile.TemporaryDirectory() as name:
        damaged = Path(name) / "map.yaml"
        damaged.write_text("\n".join(lines), encoding="utf-8")
        said = "map.yaml line 1"
        try:
            plan = read_plan(damaged)
            if plan.kind == "tables":
                read_table_mapping(plan.source)
        except UsageError as error:
            said = str(error)
    assert re.match(r"map\.yaml (line \d+|holds)", said), said
