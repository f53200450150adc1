"""How good the models were is carried on, counts each night once, and is what tonight's are compared with."""

from pathlib import Path

import duckdb
import pytest

from pipelines.model_history import MOST_NIGHTS, write_model_history
from pipelines.warehouse import open_warehouse

GOOD = {("outcome", "auc"): 0.7, ("arm", "log loss"): 0.5, ("outcome", "share explained"): 0.2}


def night(
    folder: Path, number: int, figures: dict[tuple[str, str], float], earlier: Path | None, stamp: str = ""
) -> Path:
    """The warehouse of a night with these figures; `stamp` is what its deliveries and code are known by."""
    path = folder / f"{number}.duckdb"
    path.unlink(missing_ok=True)
    with open_warehouse(path, readable=(folder,)) as con:
        for schema in ("raw", "clean", "estimates"):
            con.execute(f"create schema if not exists {schema}")
        con.execute("create table raw.code as select ? as code_hash", [stamp or f"night {number}"])
        con.execute("create table clean.delivery (clinic_code varchar, delivery_key varchar, sequence_no bigint)")
        con.execute(
            "create table estimates.models (trial varchar, outcome varchar, model varchar, figure varchar, value double)"
        )
        for (model, figure), value in figures.items():
            con.execute(
                "insert into estimates.models values ('decision', 'r30d_12wk', ?, ?, ?)", [model, figure, value]
            )
        con.execute("insert into estimates.models values ('decision', 'r30d_12wk', 'arm', 'weight of linear', 1)")
        write_model_history(con, earlier)
    return path


def read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_the_first_night_has_nothing_to_compare_with(tmp_path: Path) -> None:
    first = night(tmp_path, 1, GOOD, None)
    assert read(first, "select count(*) from estimates.notices") == [(0,)]
    assert read(first, "select count(*), max(night_no) from estimates.model_history") == [(3, 1)]


@pytest.mark.parametrize(
    ("changed", "noticed"),
    [
        ({("outcome", "auc"): 0.64}, ["auc"]),
        ({("outcome", "auc"): 0.66}, []),
        ({("outcome", "auc"): 0.9}, []),
        ({("arm", "log loss"): 0.56}, ["log loss"]),
        ({("arm", "log loss"): 0.3}, []),
        ({("outcome", "share explained"): 0.1}, ["share explained"]),
    ],
)
def test_only_what_is_worse_by_the_rule_is_noticed(
    tmp_path: Path, changed: dict[tuple[str, str], float], noticed: list[str]
) -> None:
    second = night(tmp_path, 2, GOOD | changed, night(tmp_path, 1, GOOD, None))
    assert [row[0] for row in read(second, "select figure from estimates.notices")] == noticed


def test_a_notice_says_in_what_and_by_how_much(tmp_path: Path) -> None:
    second = night(tmp_path, 2, GOOD | {("outcome", "auc"): 0.6}, night(tmp_path, 1, GOOD, None))
    assert read(second, "select notice from estimates.notices") == [
        ("decision, r30d_12wk: the model of the outcome is worse than on the night before, auc 0.60 instead of 0.70.",)
    ]


def test_the_same_night_run_again_says_the_same(tmp_path: Path) -> None:
    first = night(tmp_path, 1, GOOD, None)
    second = night(tmp_path, 2, GOOD | {("outcome", "auc"): 0.6}, first, "the second")
    again = night(tmp_path, 3, GOOD | {("outcome", "auc"): 0.6}, second, "the second")
    everything = "select * from estimates.model_history order by all"
    assert read(again, everything) == read(second, everything)
    assert len(read(again, "select notice from estimates.notices")) == 1


def test_a_past_without_model_figures_is_no_past(tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as con:
        con.execute("create table anything as select 1 as one")
    assert read(night(tmp_path, 1, GOOD, other), "select max(night_no) from estimates.model_history") == [(1,)]
    assert read(night(tmp_path, 1, GOOD, tmp_path / "history.parquet"), "select count(*) from estimates.notices") == [
        (0,)
    ]


def test_the_oldest_nights_are_dropped(tmp_path: Path) -> None:
    path = None
    for number in range(MOST_NIGHTS + 3):
        path = night(tmp_path, number, GOOD, path)
    assert path is not None
    assert read(path, "select count(distinct night_no), max(night_no) from estimates.model_history") == [
        (MOST_NIGHTS + 1, MOST_NIGHTS + 3)
    ]
