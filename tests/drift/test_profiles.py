"""Profiles, figures and changes of deliveries: right counts, no text, the same whatever the order."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from pipelines.contracts import FEEDS
from pipelines.deliveries.load import create_raw_tables
from pipelines.drift.changes import Comparison, compare
from pipelines.drift.histograms import FIELDS, above, below, codes_of, far_above, is_number, n_bins
from pipelines.drift.holds import create_drift_tables
from pipelines.drift.likeness import Sums
from pipelines.drift.profiles import profile_new
from pipelines.warehouse import open_warehouse
from tests.drift.nights import simulated_group

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(":memory:") as opened:
        create_raw_tables(opened)
        create_drift_tables(opened)
        yield opened


@pytest.fixture
def con(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    for table in (*FEEDS, "profile", "figure", "change"):
        database.execute(f"delete from raw.{table}").fetchall()
    return database


def _deliver(con: duckdb.DuckDBPyConnection, key: str, **feeds: Rows) -> None:
    for feed, rows in feeds.items():
        names = sorted({name for row in rows for name in row})
        con.executemany(
            f"insert into raw.{feed} (delivery_key, row_number, {', '.join(names)}) values (?, ?{', ?' * len(names)})",
            [[key, number, *(row.get(name) for name in names)] for number, row in enumerate(rows, start=1)],
        )


def _outcomes(*answers: dict[str, str]) -> Rows:
    return [
        {"episode_key": f"e{n}", "timepoint_wk": "12", "due_day": "84", **answer} for n, answer in enumerate(answers)
    ]


def _profile(con: duckdb.DuckDBPyConnection, key: str, field: str, reference: str = "") -> tuple:
    rows = con.execute(
        "select n_rows, n_given, n_outside, n_units, mean, sd, histogram from raw.profile "
        "where delivery_key = ? and field = ? and reference = ?",
        [key, field, reference],
    ).fetchall()
    (row,) = rows
    return row


def test_a_field_is_counted_by_what_was_given_and_where_it_lies(con: duckdb.DuckDBPyConnection) -> None:
    texts = ["3", " 3 ", "7.0", "", ".p", "42", "813", "-1", "seven", "2.5"]
    _deliver(con, "d", outcome=_outcomes(*({"nprs_back_avg": text} for text in texts)))
    profile_new(con, ["d"])
    field = FIELDS["outcome", "nprs_back_avg"]
    n_rows, n_given, n_outside, n_units, mean, sd, histogram = _profile(con, "d", "nprs_back_avg")
    assert (n_rows, n_given, n_outside, n_units) == (10, 8, 5, 8)
    assert histogram == {0: 2, 4: 2, 8: 1, below(field): 1, above(field): 1, far_above(field): 1}
    assert mean == pytest.approx(np.mean([3, 3, 7, 42, -1]))
    assert sd == pytest.approx(np.std([3, 3, 7, 42, -1]))


def test_codes_are_counted_each_and_what_is_no_code_is_outside(con: duckdb.DuckDBPyConnection) -> None:
    codes = ["paper", "paper", "phone", "Paper", "telepathy", ".u"]
    _deliver(con, "d", outcome=_outcomes(*({"mode": code} for code in codes)))
    profile_new(con, ["d"])
    assert _profile(con, "d", "mode")[:4] == (6, 5, 2, 5)
    assert _profile(con, "d", "mode")[6] == {0: 2, 3: 1, 4: 2}


def test_the_items_of_a_set_are_counted_each(con: duckdb.DuckDBPyConnection) -> None:
    regions = ["low_back;thigh", "low_back; knee", "head", "L4;none"]
    rows = [{"patient_key": "p", "complaint_region": text, "dermatome_symptoms": text} for text in regions]
    _deliver(con, "d", intake=rows)
    profile_new(con, ["d"])
    assert _profile(con, "d", "complaint_region")[1:4] == (7, 3, 1)
    assert _profile(con, "d", "complaint_region")[6] == {0: 3, 1: 2, 4: 1, 5: 1}
    assert (
        _profile(con, "d", "dermatome_symptoms")[6][FIELDS["intake", "dermatome_symptoms"].codes.index("L4") + 1] == 1
    )


def test_outcomes_are_profiled_by_time_point_and_no_delivered_text_gets_into_a_profile(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = _outcomes({"rmdq24": "9"}, {"rmdq24": "Canary Smith"}, {"rmdq24": "3", "mode": "Canary Smith"})
    rows[2]["timepoint_wk"] = "Canary Smith"
    _deliver(con, "d", outcome=rows, lab=[{"episode_key": "e", "test": "Canary Smith", "unit": "mg/L", "value": "3"}])
    profile_new(con, ["d"])
    strata = con.execute("select distinct feed, stratum from raw.profile order by all").fetchall()
    assert strata == [("lab", ""), ("lab", "mg/L"), ("outcome", ""), ("outcome", "12")]
    for table in ("profile", "figure", "change"):
        assert "Canary" not in repr(con.execute(f"select * from raw.{table}").fetchall())


@pytest.mark.parametrize("feed", FEEDS)
def test_every_value_of_the_contract_has_a_bin_of_its_own_order(con: duckdb.DuckDBPyConnection, feed: str) -> None:
    """Bins rise with the number, from the lowest to the highest allowed, and every code has one."""
    fields = [field for (of_feed, _), field in FIELDS.items() if of_feed == feed and field.type != "key"]
    rows = []
    for number in range(40):
        row = {}
        for field in fields:
            if is_number(field):
                value = float(field.low or 0) + (float(field.high or 0) - float(field.low or 0)) * number / 39
                row[field.name] = f"{round(value) if field.type == 'int' else value}"
            else:
                row[field.name] = codes_of(field)[number % len(codes_of(field))]
        rows.append(row)
    _deliver(con, "d", **{feed: rows})
    profile_new(con, ["d"])
    for field in fields:
        bins: set[int] = set()
        for (histogram,) in con.execute("select histogram from raw.profile where field = ?", [field.name]).fetchall():
            bins |= histogram.keys()
        assert min(bins) == 1, field.name
        assert max(bins) == n_bins(field), field.name


def test_what_changed_and_what_is_new_are_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    _deliver(
        con, "a", outcome=_outcomes({"rmdq24": "9"}, {"rmdq24": "4"}, {"rmdq24": ""}, {"rmdq24": "7", "groc": "1"})
    )
    _deliver(
        con,
        "b",
        outcome=_outcomes(
            {"rmdq24": "9.0"}, {"rmdq24": "14"}, {"rmdq24": "8"}, {"rmdq24": "7", "groc": ".a"}, {"rmdq24": "2"}
        ),
    )
    profile_new(con, ["a", "b"])
    compare(con, [Comparison("b", "after a", ("a",))])
    changes = con.execute(
        "select * exclude (delivery_key, reference) from raw.change where feed = 'outcome' order by field"
    )
    assert changes.fetchall() == [
        ("outcome", "", 4, 4, 2, None, None),
        ("outcome", "groc", None, None, 1, None, None),
        ("outcome", "rmdq24", None, None, 1, 4.0, 14.0),
    ]
    assert _profile(con, "b", "rmdq24", "after a")[:6] == (5, 2, 0, 2, 5.0, 3.0)


def test_the_view_is_of_the_last_member_that_has_the_row(con: duckdb.DuckDBPyConnection) -> None:
    _deliver(con, "snapshot", outcome=_outcomes({"rmdq24": "9"}, {"rmdq24": "4"}))
    _deliver(con, "delta", outcome=_outcomes({"rmdq24": "5"}))
    _deliver(con, "next", outcome=_outcomes({"rmdq24": "5"}, {"rmdq24": "4"}))
    compare(con, [Comparison("next", "r", ("snapshot", "delta")), Comparison("next", "s", ("delta", "snapshot"))])
    changed = con.execute(
        "select reference, n_before, n_changed from raw.change where feed = 'outcome' and field = '' order by all"
    ).fetchall()
    assert changed == [("r", 2, 0), ("s", 2, 1)]


@pytest.mark.ci
def test_profiles_are_the_same_whatever_the_order_of_rows_and_the_threads(con: duckdb.DuckDBPyConnection) -> None:
    """R-F9: sums of numbers do not depend on the order they are read in."""
    everything = "select * exclude (delivery_key) from raw.{} order by all"
    with simulated_group(60, 2, "uniform", 5) as group:
        key = group.send(group.clinics[0], 0)
        group.judge()
        wanted = [group.con.execute(everything.format(table)).fetchall() for table in ("profile", "figure")]
        for feed, of in FEEDS.items():
            columns = ", ".join(of.columns)
            group.con.execute(
                f"insert into raw.{feed} (delivery_key, row_number, {columns}) "
                f"select 'shuffled', row_number() over (order by hash(row_number)), {columns} from raw.{feed} "
                f"where delivery_key = '{key}' order by hash(row_number)"
            ).fetchall()
        profile_new(group.con, ["shuffled"])
        group.con.execute(f"delete from raw.profile where delivery_key = '{key}'").fetchall()
        group.con.execute(f"delete from raw.figure where delivery_key = '{key}'").fetchall()
        assert [group.con.execute(everything.format(table)).fetchall() for table in ("profile", "figure")] == wanted


def test_scores_that_belong_together_go_the_same_way_in_a_simulated_clinic() -> None:
    with simulated_group(120, 2, "uniform", 6) as group:
        group.send(group.clinics[0], 0)
        group.judge()
        for feed, x, y, *sums in group.con.execute(
            "select feed, x, y, n, n_owners, sum_x, sum_y, sum_xx, sum_yy, sum_xy, n_directed, n_opposite from raw.figure "
            "where feed = 'outcome' and y like 'change of%' or y in ('odi_pct', 'rmdq24')"
        ).fetchall():
            assert abs(Sums(*sums).correlation) > 0.2, (feed, x, y)
