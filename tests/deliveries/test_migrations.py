"""Deliveries of an older minor version of the contract are read as the present one. The versions here are made up."""

import duckdb
import pytest

from pipelines.deliveries.migrations import MIGRATIONS, Migration, migrated_header, migrated_values

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
