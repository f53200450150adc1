"""Deliveries of an older minor version of the contract are read as the present one. The versions here are made up."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.deliveries.load import NewDelivery, create_raw_tables, load_deliveries
from pipelines.deliveries.manifest import read_manifest
from pipelines.deliveries.migrations import MIGRATIONS, Migration, migrated_header, migrated_values
from pipelines.deliveries.outgoing import write_delivery
from pipelines.warehouse import open_warehouse
from tests.conftest import small_tables

MADE_UP = (
    Migration("1.1.0", renamed={("session", "pain_before"): "nprs", ("intake", "weight_kg"): "weight_lb"},
              factor={("intake", "weight_kg"): 0.45}),
    Migration("1.2.0", renamed={("session", "nprs_pre"): "pain_before"},
              recoded={("session", "attendance"): {"came": "attended", "absent": "dna"}}),
    Migration("1.10.0", recoded={("session", "attendance"): {"dna": "did_not_attend"}}, factor={("session", "nprs_pre"): 0.1}),
)  # fmt: skip


def _read(version: str, header: list[str], *row: str | None) -> list[str | None]:
    """One row of the session feed as the present version has it."""
    names = migrated_header("session", header, version, MADE_UP)
    values = ", ".join(migrated_values("session", names, version, MADE_UP))
    with duckdb.connect() as con:
        quoted = ", ".join(f'"{name}"' for name in names)
        places = ", ".join("?" * len(row))
        return list(
            con.execute(f"select {values} from (values ({places})) as given ({quoted})", list(row)).fetchall()[0]
        )


def test_the_contract_has_no_older_minor_version_yet() -> None:
    """When it gets one, this test goes, and a test of its migration comes."""
    assert MIGRATIONS == ()
    assert migrated_values("session", ["nprs_pre"], "1.0.0") == ['cast("nprs_pre" as varchar)']


def test_an_older_delivery_goes_through_every_version_since() -> None:
    """R-F6, issue 3 point 4: older minor versions are migrated."""
    assert migrated_header("session", ["nprs", "attendance"], "1.0.0", MADE_UP) == ["nprs_pre", "attendance"]
    assert _read("1.0.0", ["nprs", "attendance"], "70", "absent") == ["7.0", "did_not_attend"]
    assert _read("1.2.0", ["nprs_pre", "attendance"], "70", "absent") == ["7.0", "absent"]


@pytest.mark.parametrize("version", ["1.10.0", "1.11.3"])
def test_the_present_version_and_a_newer_minor_one_stay_as_they_are(version: str) -> None:
    assert migrated_header("session", ["nprs", "attendance"], version, MADE_UP) == ["nprs", "attendance"]
    assert _read(version, ["nprs_pre", "attendance", "novelty"], "7", "came", "x") == ["7", "came", "x"]


def test_what_is_no_number_or_no_listed_code_stays() -> None:
    assert _read("1.0.0", ["nprs", "attendance"], ".p", "rescheduled") == [".p", "rescheduled"]
    assert _read("1.0.0", ["nprs", "attendance"], None, None) == [None, None]
    assert _read("1.0.0", ["nprs", "attendance"], "nan", "came") == ["nan", "attended"]


def test_a_feed_is_migrated_by_its_own_changes_only() -> None:
    assert migrated_header("exam", ["nprs", "weight_lb"], "1.0.0", MADE_UP) == ["nprs", "weight_lb"]
    assert migrated_header("intake", ["nprs", "weight_lb"], "1.0.0", MADE_UP) == ["nprs", "weight_kg"]


def test_a_column_that_has_its_new_name_already_keeps_it() -> None:
    """A kept copy is written with the names of its own day; and a clinic may send both."""
    assert migrated_header("session", ["nprs_pre"], "1.0.0", MADE_UP) == ["nprs_pre"]
    assert migrated_header("session", ["nprs_pre", "pain_before"], "1.1.0", MADE_UP) == ["nprs_pre", "pain_before"]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_delivery_of_an_older_minor_version_is_loaded_as_the_present_one(tmp_path: Path, file_format: str) -> None:
    """R-F6: renamed columns, recoded values and other units of a 1.0.0 delivery, as if version 1.10.0 were in use."""
    tables = small_tables()
    session = tables["session"].rename(columns={"nprs_pre": "nprs"}).assign(nprs="50", attendance="absent")
    tables["session"] = session
    folder = write_delivery(tmp_path, "C001", "2026-11-01", "snapshot", tables, file_format=file_format)
    new = NewDelivery(folder, read_manifest(folder), datetime(2026, 11, 1))  # noqa: DTZ001
    with open_warehouse(":memory:", readable=(tmp_path,)) as con:
        create_raw_tables(con)
        assert load_deliveries(con, {new.manifest.delivery_key: new}, MADE_UP) == []
        loaded = con.execute("select distinct cast(nprs_pre as double), attendance from raw.session").fetchall()
        assert con.execute("select count(*) from raw.quarantine where field = 'nprs_pre'").fetchall() == [(0,)]
    assert loaded == [(5.0, "did_not_attend")]
