from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import FEEDS
from pipelines.deliveries.load import create_raw_tables
from pipelines.engine.placement import place_rows, roots
from pipelines.warehouse import open_warehouse

LABELS = st.integers(0, 12)


@given(st.lists(st.tuples(LABELS, LABELS), max_size=15))
def test_linked_labels_share_the_least_of_them_as_root(pairs: list[tuple[int, int]]) -> None:
    found = roots(pairs)
    groups: list[set[int]] = []
    for pair in pairs:
        touching = [group for group in groups if group & {*pair}]
        groups = [group for group in groups if group not in touching] + [{*pair}.union(*touching)]
    assert found == {label: min(group) for group in groups for label in group}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(":memory:", threads=1) as con:
        create_raw_tables(con)
        con.execute("create table clean.file (clinic_code varchar, delivery_key varchar, feed varchar)")
        for clinic, delivery in (("C001", "d1"), ("C001", "d2"), ("C002", "d3")):
            for feed in FEEDS:
                con.execute("insert into clean.file values (?, ?, ?)", [clinic, delivery, feed])
        yield con


def _give(con: duckdb.DuckDBPyConnection, feed: str, delivery: str, **columns: str) -> tuple[str, str, int]:
    ((n,),) = con.execute(f"select count(*) from raw.{feed}").fetchall()
    con.execute(
        f"insert into raw.{feed} (delivery_key, row_number, {', '.join(columns)}) values (?, ?{', ?' * len(columns)})",
        [delivery, n + 1, *columns.values()],
    )
    return feed, delivery, n + 1


def _bucket(con: duckdb.DuckDBPyConnection, row: tuple[str, str, int]) -> int:
    ((bucket,),) = con.execute(
        f"select bucket from place_{row[0]} where delivery_key = ? and row_number = ?", list(row[1:])
    ).fetchall()
    return int(bucket)


def test_all_that_hangs_on_a_patient_lies_in_one_bucket(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        _give(con, "intake", "d1", patient_key="p1", episode_key="e1"),
        _give(con, "intake", "d2", patient_key="p1", episode_key="e2"),
        _give(con, "session", "d1", episode_key="e1", session_key="s1"),
        _give(con, "session_component", "d2", session_key="s1"),
        _give(con, "imaging", "d1", episode_key="e2", imaging_key="i1"),
        _give(con, "imaging_level", "d1", imaging_key=" i1 "),
        _give(con, "outcome", "d2", episode_key="e2"),
    ]
    place_rows(con, 1_000_000)
    assert len({_bucket(con, row) for row in rows}) == 1


def test_patients_are_spread_over_the_buckets(con: duckdb.DuckDBPyConnection) -> None:
    rows = [_give(con, "intake", "d1", patient_key=f"p{n}", episode_key=f"e{n}") for n in range(200)]
    place_rows(con, 4)
    found = [_bucket(con, row) for row in rows]
    assert {found.count(bucket) > 25 for bucket in range(4)} == {True}


def test_a_session_that_a_correction_moved_brings_both_patients_together(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        _give(con, "intake", "d1", patient_key="p1", episode_key="e1"),
        _give(con, "intake", "d1", patient_key="p2", episode_key="e2"),
        _give(con, "intake", "d1", patient_key="p3", episode_key="e3"),
        _give(con, "session", "d1", episode_key="e1", session_key="s1"),
        _give(con, "session", "d2", episode_key="e2", session_key="s1"),
        _give(con, "session", "d1", episode_key="e2", session_key="s2"),
        _give(con, "session", "d2", episode_key="e3", session_key="s2"),
        _give(con, "adverse_event", "d2", session_key="s2"),
    ]
    place_rows(con, 1_000_000)
    assert len({_bucket(con, row) for row in rows}) == 1


def test_an_episode_that_got_another_patient_key_brings_both_together(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        _give(con, "intake", "d1", patient_key="p1", episode_key="e1"),
        _give(con, "intake", "d2", patient_key="p2", episode_key="e1"),
        _give(con, "intake", "d2", patient_key="p2", episode_key="e9"),
    ]
    place_rows(con, 1_000_000)
    assert len({_bucket(con, row) for row in rows}) == 1


def test_two_clinics_that_number_their_sessions_alike_are_not_brought_together(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        _give(con, "intake", "d1", patient_key="p1", episode_key="e1"),
        _give(con, "session", "d1", episode_key="e1", session_key="1"),
        _give(con, "intake", "d3", patient_key="p2", episode_key="e2"),
        _give(con, "session", "d3", episode_key="e2", session_key="1"),
    ]
    place_rows(con, 1_000_000)
    mine, sessions, theirs, others = (_bucket(con, row) for row in rows)
    assert (mine, theirs) == (sessions, others)
    assert mine != theirs


def test_rows_without_a_patient_or_a_key_have_a_bucket_too(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        _give(con, "session", "d1", episode_key="nobody's", session_key="s1"),
        _give(con, "session_component", "d1", session_key="s1"),
        _give(con, "outcome", "d1", episode_key=""),
    ]
    place_rows(con, 7)
    session, component, outcome = (_bucket(con, row) for row in rows)
    assert session == component
    assert 0 <= outcome < 7
