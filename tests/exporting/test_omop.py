"""OMOP CDM 5.4 as a source: Parquet, CSV and DuckDB alike, what is mapped, what is counted, and OHDSI's own sample."""

import csv
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from pipelines.errors import UsageError
from pipelines.exporting.keys import create_key
from pipelines.exporting.marked_yaml import read_section
from pipelines.exporting.omop import read_omop
from pipelines.exporting.records import Record
from pipelines.exporting.running import Order, export
from pipelines.exporting.sources import Request
from pipelines.exporting.tally import Tally
from tests.conftest import ROOT

MAPPING = ROOT / "pipelines" / "exporting" / "examples" / "omop.yaml"
SOURCE = """
source:
  kind: omop
  codes:
    "100": intake complaint_region=low_back
    "200": history comorb_diabetes
    loinc|72514-3: session nprs_pre
    "300": score rmdq24
    source|MOB: session_component component=exercise, exercise_type=mixed
    "500": history med_opioid=strong
    "600": intake smoking
    "700": lab crp
  values:
    smoking:
      source|Ex smoker: former
      "601": never
"""
TABLES = {
    "person": "select 1 as person_id, 8532 as gender_concept_id, 1980 as year_of_birth, 5 as month_of_birth, "
    "null as day_of_birth, 'Jane Doe' as person_source_value union all select 2, 0, 1950, null, 3, 'x'",
    "observation_period": "select 1 as person_id, date '2025-01-01' as observation_period_start_date, "
    "date '2026-06-30' as observation_period_end_date",
    "visit_occurrence": "select * from (values "
    "(10, 1, 9202, '2026-01-12', '2026-01-12 09:00:00', '2026-01-12 09:30:00', 7, 70), "
    "(11, 1, 9202, '2026-01-19', '2026-01-19 00:00:00', '2026-01-19 00:00:00', 7, 70), "
    "(12, 1, 9201, '2026-01-20', null, null, 7, 70), "
    "(13, 1, 9202, '2026-01-21', null, null, 8, 71), "
    "(14, 1, 9202, '2027-01-21', null, null, 7, 70), "
    "(15, null, 9202, '2026-01-21', null, null, 7, 70), "
    "(16, 2, 9202, 'soon', null, null, 7, 70)) as t (visit_occurrence_id, person_id, visit_concept_id, visit_start_date, "
    "visit_start_datetime, visit_end_datetime, provider_id, care_site_id)",
    "provider": "select 7 as provider_id, 38004446 as specialty_concept_id, 'Dr Smith' as provider_name",
    "care_site": "select 70 as care_site_id, 'north' as care_site_source_value union all select 71, 'south'",
    "condition_occurrence": "select * from (values (1, 1, 100, '2026-01-12', null, 10, 'LBP'), "
    "(2, 1, 200, '2024-01-01', '2025-12-01', null, 'DM'), (3, 1, 200, '2026-01-01', '2026-02-01', null, 'DM'), "
    "(4, 1, 999, '2026-01-12', null, 10, 'J. Doe')) as t (condition_occurrence_id, person_id, "
    "condition_concept_id, condition_start_date, condition_end_date, visit_occurrence_id, condition_source_value)",
    "procedure_occurrence": "select 5 as procedure_occurrence_id, 1 as person_id, 0 as procedure_concept_id, "
    "date '2026-01-12' as procedure_date, 10 as visit_occurrence_id, 'MOB' as procedure_source_value",
    "measurement": "select * from (values (1, 1, 43055141, '2026-01-12', 10, 6.0, null, null, null, 4172703), "
    "(2, 1, 43055141, '2026-01-19', 11, 4.0, null, null, null, 4171754), "
    "(3, 1, 300, '2026-01-12', null, 14.0, null, null, null, null), (4, 1, 300, '2026-04-06', null, 5.0, null, null, null, 0), "
    "(5, 1, 700, '2026-01-13', null, 4.5, null, 8751, 'odd', 0), (6, 1, 700, '2026-01-14', null, 4.5, null, null, 'mg/dL', 0)) "
    "as t (measurement_id, person_id, measurement_concept_id, measurement_date, visit_occurrence_id, value_as_number, "
    "value_as_concept_id, unit_concept_id, unit_source_value, operator_concept_id)",
    "observation": "select * from (values (1, 1, 600, '2026-01-12', null, 'Ex smoker', 0), "
    "(2, 1, 600, '2026-01-13', null, null, 601), (3, 1, 600, '2026-01-14', null, 'since she met Bob', null), "
    "(4, 1, 600, '2026-01-15', null, null, 0)) "
    "as t (observation_id, person_id, observation_concept_id, observation_date, value_as_number, value_as_string, "
    "value_as_concept_id)",
    "drug_exposure": "select 1 as drug_exposure_id, 1 as person_id, 500 as drug_concept_id, date '2026-01-01' as "
    "drug_exposure_start_date, date '2026-01-30' as drug_exposure_end_date",
    "concept": "select * from (values (43055141, 'LOINC', '72514-3'), (8751, 'UCUM', 'mg/L')) "
    "as t (concept_id, vocabulary_id, concept_code)",
}
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write the CDM in one of the three forms, without the tables named."""

    def of(form: str, *without: str) -> Path:
        folder = tmp_path / f"{form}-{len(without)}"
        folder.mkdir()
        con = duckdb.connect(str(folder / "cdm.duckdb") if form == "duckdb" else ":memory:")
        for table, query in TABLES.items():
            if table in without:
                continue
            if form == "duckdb":
                con.execute(f"create schema if not exists omop; create table omop.{table.upper()} as {query}")
            elif form == "csv":
                con.execute(f"copy ({query}) to '{folder / table.upper()}.csv' (header, delimiter ',')")
            else:
                con.execute(f"copy ({query}) to '{folder / table}.parquet'")
        con.close()
        return folder / "cdm.duckdb" if form == "duckdb" else folder

    return of


def read(place: Path, tmp_path: Path, source: str = SOURCE) -> tuple[list[Record], Tally]:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(source, encoding="utf-8")
    section = read_section(mapping).section("source")
    assert section is not None
    tally = Tally()
    return list(read_omop(Request(place, section, ZoneInfo("Europe/London"), tally))), tally


def said(records: list[Record], field: str) -> list[tuple[object, ...]]:
    dates = ("happened_on", "lasting_since", "session_day", "completed_day", "day", "session_key")
    return [
        (record.feed, record.values[field], *(record.values[name] for name in dates if record.values.get(name)))
        for record in records
        if record.values.get(field) is not None
    ]


def test_the_facts_of_a_cdm_are_in_its_records(make: Make, tmp_path: Path) -> None:
    records, _ = read(make("parquet"), tmp_path)
    people = {record.values["patient_key"]: record.values for record in records if "birth_date" in record.values}
    assert people["1"] == {"patient_key": "1", "birth_date": "1980-05", "sex": "female"}
    assert people["2"] == {"patient_key": "2", "birth_date": "1950"}
    assert said(records, "attendance") == [
        ("session", "attended", "2026-01-12", "10"),
        ("session", "attended", "2026-01-19", "11"),
        ("session", "attended", "2026-01-21", "13"),
    ]
    assert said(records, "complaint_region") == [("intake", "low_back", "2026-01-12")]
    assert said(records, "nprs_pre") == [("session", 6, "10")]
    assert said(records, "component") == [("session_component", "exercise", "10")]
    assert said(records, "rmdq24") == [
        ("outcome", 14, "2026-01-12"),
        ("outcome", 5, "2026-04-06"),
        ("intake", 14, "2026-01-12"),
    ]
    assert said(records, "comorb_diabetes") == [("intake", True, "2026-01-12")], "the one that was over is left out"
    assert said(records, "med_opioid") == [("intake", "strong", "2026-01-12")]
    assert said(records, "smoking") == [("intake", "former", "2026-01-12"), ("intake", "never", "2026-01-13")]
    assert said(records, "unit") == [("lab", "mg/L", "2026-01-13")]
    times = [record.values for record in records if "starts_at" in record.values]
    assert [str(values["starts_at"]) for values in times] == ["2026-01-12 09:00:00"]


def test_what_cannot_be_used_is_counted_by_table_and_reason(make: Make, tmp_path: Path) -> None:
    _, tally = read(make("parquet"), tmp_path)
    assert tally.n_unmapped == {
        ("visit_occurrence", "a visit of a kind that is no contact of the clinic"): 1,
        ("visit_occurrence", "outside the observation periods of its person"): 1,
        ("visit_occurrence", "it does not say which visit, or whose"): 1,
        ("visit_occurrence", "it has no date that can be read"): 1,
        ("condition_occurrence", "a code that the mapping does not know"): 1,
        ("measurement", "it has no value"): 1,
        ("measurement", "a unit that the contract does not have"): 1,
        ("observation", "a value whose code the mapping does not know"): 1,
        ("observation", "it has no value"): 1,
    }
    assert tally.n_read["visit_occurrence"] == 7
    assert tally.dropped_columns["person"] == ["person_source_value"]
    assert tally.dropped_columns["provider"] == ["provider_name"]


@pytest.mark.parametrize("form", ["csv", "duckdb"])
def test_csv_and_duckdb_give_the_records_of_parquet(make: Make, tmp_path: Path, form: str) -> None:
    records, tally = read(make("parquet"), tmp_path)
    others, other_tally = read(make(form), tmp_path)
    assert others == records
    assert other_tally.n_unmapped == tally.n_unmapped


def test_a_cdm_without_the_optional_tables_is_read_all_the_same(make: Make, tmp_path: Path) -> None:
    optional = [name for name in TABLES if name not in ("person", "visit_occurrence", "condition_occurrence")]
    records, tally = read(make("parquet", *optional), tmp_path)
    assert said(records, "complaint_region") == [("intake", "low_back", "2026-01-12")]
    assert len(said(records, "attendance")) == 4, "without observation periods nothing lies outside them"
    assert tally.n_read["measurement"] == 0


def test_visits_of_another_care_site_are_left_out_and_their_events_are_of_no_session(
    make: Make, tmp_path: Path
) -> None:
    records, tally = read(make("parquet"), tmp_path, SOURCE + "  contacts:\n    care_sites: [south]\n")
    assert said(records, "attendance") == [("session", "attended", "2026-01-21", "13")]
    assert tally.n_unmapped["visit_occurrence", "a visit at another care site"] == 3
    assert said(records, "nprs_pre") == [("session", 6, "2026-01-12")]


def test_a_condition_whose_end_is_not_believed_lasts(make: Make, tmp_path: Path) -> None:
    records, _ = read(make("parquet"), tmp_path, SOURCE + "  condition_end_dates: ignore\n")
    assert said(records, "comorb_diabetes") == [("intake", True, "2024-01-01"), ("intake", True, "2026-01-01")]


def test_a_line_of_a_csv_that_cannot_be_read_is_counted_and_the_rest_goes_on(make: Make, tmp_path: Path) -> None:
    folder = make("csv")
    before, _ = read(folder, tmp_path)
    place = folder / "CONDITION_OCCURRENCE.csv"
    place.write_text(place.read_text(encoding="utf-8") + '9,1\n1,"2\n', encoding="utf-8")
    records, tally = read(folder, tmp_path)
    assert records == before
    assert tally.n_unmapped["condition_occurrence", "a line that cannot be read"] == 2


def test_a_vocabulary_with_tabs_and_quotes_is_read_as_ohdsi_writes_it(make: Make, tmp_path: Path) -> None:
    folder = make("csv")
    (folder / "CONCEPT.csv").write_text(
        'concept_id\tconcept_name\tvocabulary_id\tconcept_code\n43055141\tPain "now\tLOINC\t72514-3\n', encoding="utf-8"
    )
    records, _ = read(folder, tmp_path)
    assert said(records, "nprs_pre") == [("session", 6, "10")]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_table_cut_short_is_refused_without_a_value(make: Make, tmp_path: Path, form: str) -> None:
    folder = make(form)
    place = next(folder.glob("[mM]*.*"))
    place.write_bytes(b"\x00\xff" if form == "csv" else place.read_bytes()[:-20])
    with pytest.raises(UsageError) as refusal:
        read(folder, tmp_path)
    assert "measurement" in str(refusal.value).lower()


def test_whatever_bytes_of_a_table_are_damaged_it_is_read_or_refused(make: Make, tmp_path: Path) -> None:
    folder, chance = make("parquet"), random.Random(1)
    refusals = []
    for _ in range(30):
        place = chance.choice(sorted(folder.glob("*.parquet")))
        whole = place.read_bytes()
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(4, len(whole))] = chance.randrange(256)
        place.write_bytes(damaged)
        try:
            read(folder, tmp_path)
        except UsageError as refusal:
            refusals.append(str(refusal))
        place.write_bytes(whole)
    assert 0 < len(refusals) < 30
    assert "Doe" not in "".join(refusals)


def test_a_place_that_is_no_cdm_is_refused(make: Make, tmp_path: Path) -> None:
    for place, words in (
        (tmp_path / "nowhere", "is no folder"),
        (tmp_path, "has no person and no visit_occurrence"),
        (make("parquet", "person"), "has no person"),
    ):
        with pytest.raises(UsageError, match=words):
            read(place, tmp_path)
    broken = tmp_path / "broken.duckdb"
    for content, words in (
        (b"nothing of the kind" * 1000, "is no DuckDB database"),
        (b"SQLite format 3\x00" + bytes(4096), "is no DuckDB database"),
        (bytes(8) + b"DUCK" + bytes(20_000), "cannot be read to its end"),
    ):
        broken.write_bytes(content)
        with pytest.raises(UsageError, match=words):
            read(broken, tmp_path)


@pytest.mark.ci
def test_ohdsis_sample_goes_through_by_the_documented_mapping(shared: Path, tmp_path: Path) -> None:
    """28 synthetic persons of Synthea (Apache-2.0). What it says of them is not about this product's patients."""
    with zipfile.ZipFile(shared / "data" / "omop" / "Synthea27NjParquet_5.4.zip") as archive:
        archive.extractall(tmp_path)
    create_key(tmp_path / "key")
    place = tmp_path / "Synthea27NjParquet"
    folder, result = export(Order(MAPPING, place, tmp_path / "key"), tmp_path / "inbox")
    assert result.n_rows["intake"] >= 5
    assert result.n_rows["session"] >= 40
    assert result.tally.n_read["person"] == 28
    assert result.tally.n_read["measurement"] == 10040
    with (folder / "session.csv").open(encoding="utf-8", newline="") as file:
        scores = [row["nprs_pre"] for row in csv.DictReader(file) if row["nprs_pre"]]
    assert scores
    assert {int(score) for score in scores} <= set(range(11))
