"""What a header says beyond the contract, without repeating a name that may be a person's."""

import pytest

from pipelines.contracts import FEEDS
from pipelines.drift.headers import drift_of_header

SESSION = FEEDS["session"]


def _kinds(header: list[str]) -> list[tuple[str, str]]:
    return [(drift.kind, drift.field) for drift in drift_of_header(SESSION, header)]


def test_a_header_as_the_contract_lists_it_has_no_drift() -> None:
    assert drift_of_header(SESSION, SESSION.columns) == []


def test_a_new_column_is_told_by_its_place_and_never_by_its_name() -> None:
    """R-F6: an added column is accepted and reported."""
    header = [*SESSION.columns[:13], "Jane Smith", *SESSION.columns[13:]]
    (drift,) = drift_of_header(SESSION, header)
    assert (drift.kind, drift.feed, drift.field) == ("new_column", "session", "")
    assert drift.detail == "column 14 of session.csv is not in the contract"
    assert "smith" not in repr(drift).lower()


@pytest.mark.parametrize("name", ["NPRS_Pre", "nprs pre", " nprs-pre", "nprspre", "nprs_prae", "nprs_pre_"])
def test_a_column_that_resembles_an_absent_one_is_renamed_and_told_by_the_contracts_name(name: str) -> None:
    """R-F6: a renamed column is found."""
    header = [name if column == "nprs_pre" else column for column in SESSION.columns]
    (drift,) = drift_of_header(SESSION, header)
    assert (drift.kind, drift.field) == ("renamed_column", "nprs_pre")
    assert name not in drift.detail or name == "nprs_pre"


@pytest.mark.parametrize("name", ["Smith", "pain", "nprs_pre"])
def test_a_column_that_resembles_nothing_absent_is_new(name: str) -> None:
    header = [column for column in SESSION.columns if column != "ae_since_last"] + ["x" + name + "yz"]
    assert _kinds(header) == [("new_column", ""), ("missing_column", "ae_since_last")]


def test_a_column_beside_the_one_it_resembles_is_new() -> None:
    assert _kinds([*SESSION.columns, "NPRS_PRE"]) == [("new_column", "")]


def test_of_two_columns_that_resemble_an_absent_one_the_nearer_is_renamed() -> None:
    header = [column for column in SESSION.columns if column != "nprs_pre"]
    drifts = drift_of_header(SESSION, [*header, "nprs_pr", "NPRS_PRE"])
    assert [(drift.kind, drift.field) for drift in drifts] == [("new_column", ""), ("renamed_column", "nprs_pre")]


def test_other_order_is_told_once_and_missing_columns_by_name() -> None:
    header = [column for column in reversed(SESSION.columns) if column != "slr_pre"]
    assert _kinds(header) == [("reordered_columns", ""), ("missing_column", "slr_pre")]


def test_the_file_is_named_as_it_came() -> None:
    (drift,) = drift_of_header(SESSION, [*SESSION.columns, "zzzz"], "parquet")
    assert drift.detail == f"column {len(SESSION.columns) + 1} of session.parquet is not in the contract"


def test_names_of_any_length_and_kind_are_taken() -> None:
    header = [*SESSION.columns, "", "x" * 100_000, "\x00", "名前", *(f"column {number}" for number in range(300))]
    assert {drift.kind for drift in drift_of_header(SESSION, header)} == {"new_column"}
