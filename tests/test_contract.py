import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.casting import SQL_FOLDER, breaks, clean_sql, literal, typed
from pipelines.contracts import DELIVERED_REASONS, FEEDS, REASONS
from pipelines.warehouse import open_warehouse


def test_the_declaration_equals_the_shared_contract_field_by_field(shared: Path) -> None:
    with (shared / "contract" / "fields.csv").open(encoding="utf-8", newline="") as file:
        said = list(csv.DictReader(file))
    fields = [field for feed in FEEDS.values() for field in feed.fields]
    assert len(said) == len(fields)
    for row, field in zip(said, fields, strict=True):
        assert (row["feed"], row["field"], row["type"], row["unit"]) == (field.feed, field.name, field.type, field.unit)
        assert (float(row["min"]) if row["min"] else None) == field.low
        assert (float(row["max"]) if row["max"] else None) == field.high
        assert row["allowed"] in ("|".join(field.codes), "")
        assert row["allowed"] or field.type != "enum"
        assert (row["required"] == "yes", row["minimum"] == "yes") == (field.is_required, field.is_minimum)
        assert (int(row["tier"]), row["rule"], row["code"]) == (field.tier, field.rule, field.code)
        assert tuple(part for part in row["role"].split(",") if part) == field.roles


def test_there_are_nine_feeds_and_forty_eight_fields_in_the_minimum_record() -> None:
    assert list(FEEDS) == [
        "intake", "exam", "lab", "imaging", "imaging_level", "session", "session_component", "adverse_event", "outcome",
    ]  # fmt: skip
    assert sum(field.is_minimum for feed in FEEDS.values() for field in feed.fields) == 48


def test_every_number_has_a_range() -> None:
    numbers = [field for feed in FEEDS.values() for field in feed.fields if field.type in ("int", "float")]
    assert all(field.low is not None and field.high is not None for field in numbers)


@pytest.mark.parametrize("name", FEEDS)
def test_the_committed_clean_sql_is_the_contracts(name: str) -> None:
    assert (SQL_FOLDER / "clean" / f"{name}.sql").read_text(encoding="utf-8") == clean_sql(FEEDS[name])


FIELDS = [field for feed in FEEDS.values() for field in feed.fields]


@given(st.lists(st.tuples(st.sampled_from(FIELDS), st.one_of(
    st.text(max_size=12).filter(lambda text: "\0" not in text),
    st.integers(-500, 6000).map(str),
    st.floats(-100, 6000, allow_nan=False).map(str),
    st.sampled_from(["", ".a", ".p", ".x", "yes", "no", "null", "NA", "nan", "7.0", "7.5", "1_0", "0x1F", "inf", " 7 "]),
)), min_size=1, max_size=40))  # fmt: skip
def test_any_text_becomes_a_value_in_its_range_or_a_reason_and_never_both(pairs: list) -> None:
    with open_warehouse(":memory:") as con:
        for field, text in pairs:
            said = f"said({literal(text)})"
            value, reason, is_broken = con.execute(
                f"select {typed(field, said)}, missing_reason({said}, {typed(field, said)} is not null), "
                f"{breaks(field, said)}"
            ).fetchall()[0]
            assert (value is None) == (reason is not None)
            assert reason is None or reason in REASONS
            if value is not None and field.type in ("int", "float"):
                assert float(field.low or 0) <= value <= float(field.high or 0)
            if value is not None and field.codes and field.type == "enum":
                assert value in field.codes
            if not field.is_required:
                assert is_broken == (reason == "x" and text.strip(" ") != ".x")


@pytest.mark.parametrize("token", DELIVERED_REASONS)
def test_a_missing_reason_is_kept_and_never_becomes_no(token: str) -> None:
    with open_warehouse(":memory:") as con:
        value, reason = con.execute(
            "select yes_or_no(said($text)), missing_reason(said($text), yes_or_no(said($text)) is not null)",
            {"text": f".{token}"},
        ).fetchall()[0]
    assert (value, reason) == (None, token)
