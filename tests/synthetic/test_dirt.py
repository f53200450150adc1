"""Dirt comes in the share asked for, of every kind, and is counted."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines.contracts import FEEDS
from pipelines.synthetic.dirt import KINDS, soil


@pytest.fixture(scope="module")
def clean(tables) -> dict[str, pa.Table]:
    return {name: table.slice(0, 6_000) for name, table in tables.items()}


@pytest.fixture(scope="module")
def soiled(clean):
    return soil(clean, 0.06, np.random.default_rng(1))


def test_every_kind_of_dirt_is_counted_and_has_the_share_asked_for(clean, soiled):
    _, counts = soiled
    rows = sum(table.num_rows for table in clean.values())
    assert {name.split(".")[1] for name in counts} == set(KINDS)
    assert 0.045 < sum(counts.values()) / rows < 0.065


def test_duplicates_and_orphans_are_extra_rows_and_the_rest_stays_in_place(clean, soiled):
    tables, counts = soiled
    for name, table in tables.items():
        added = counts[f"{name}.duplicate_key"] + counts[f"{name}.orphan_row"]
        assert table.num_rows == clean[name].num_rows + added
        assert table.column_names == clean[name].column_names


def test_an_orphan_names_a_parent_that_was_never_delivered(clean, soiled):
    tables, counts = soiled
    delivered = set(clean["session"]["session_key"].to_pylist())
    known = set(clean["session_component"]["session_key"].to_pylist()) | delivered
    strays = [key for key in tables["session_component"]["session_key"].to_pylist() if key not in known]
    assert len(strays) == counts["session_component.orphan_row"]


def test_impossible_values_and_unreadable_numbers_stand_in_numeric_fields(clean, soiled):
    tables, _ = soiled
    field = next(one for one in FEEDS["session"].fields if one.name == "nprs_pre")
    before = clean["session"]["nprs_pre"].to_pylist()
    after = tables["session"]["nprs_pre"].to_pylist()
    changed = {new for old, new in zip(before, after[: len(before)], strict=True) if old != new}
    assert any(value.isdigit() and int(value) > field.high for value in changed)
    assert any(not value.lstrip("-").isdigit() and not value.startswith(".") for value in changed)


def test_no_dirt_changes_nothing(clean):
    tables, counts = soil(clean, 0.0, np.random.default_rng(1))
    assert not counts
    assert all(tables[name].equals(clean[name]) for name in clean)
