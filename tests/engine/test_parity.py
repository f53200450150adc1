from pathlib import Path

import pytest

from pipelines.engine.parity import TableParity, compare_warehouses
from pipelines.engine.proving import Proof, report_lines
from pipelines.warehouse import open_warehouse

ROWS = "(values ('a', 1e0, timestamp '2026-01-01'), ('b', 2e0, timestamp '2026-01-01'), ('b', 2e0, timestamp '2026-01-01'))"


def _warehouse(folder: Path, select: str) -> Path:
    folder.mkdir()
    with open_warehouse(folder / "warehouse.duckdb") as con:
        con.execute(f"create table cohort.given as {select}")
    return folder / "warehouse.duckdb"


def _compared(tmp_path: Path, select: str) -> TableParity:
    one = _warehouse(tmp_path / "one", f"select * from {ROWS} as given (name, score, made_at)")
    (found,) = compare_warehouses(one, _warehouse(tmp_path / "other", select))
    return found


def test_tables_in_another_order_and_of_another_time_are_the_same(tmp_path: Path) -> None:
    found = _compared(
        tmp_path,
        f"select name, score, made_at + interval 1 day as made_at from {ROWS} as given (name, score, made_at) order by name desc",
    )
    assert found == TableParity("cohort.given", 3, is_exact=True)


@pytest.mark.parametrize(
    ("select", "differs"),
    [
        (f"select * from {ROWS} as given (name, score, made_at) limit 2", "3 rows and 2"),
        (f"select * from {ROWS} as given (label, score, made_at)", "columns or types: label, name"),
        (
            f"select upper(name) as name, score, made_at from {ROWS} as given (name, score, made_at)",
            "3 values and 0 floats",
        ),
        (
            f"select name, score + 1e-6 as score, made_at from {ROWS} as given (name, score, made_at)",
            "0 values and 3 floats",
        ),
        (
            f"select name, nullif(score, 1) as score, made_at from {ROWS} as given (name, score, made_at)",
            "0 values and 1 floats",
        ),
    ],
)
def test_a_difference_is_found(tmp_path: Path, select: str, differs: str) -> None:
    assert _compared(tmp_path, select).differs == differs


def test_floats_within_the_tolerance_are_the_same_and_said_to_be_apart(tmp_path: Path) -> None:
    found = _compared(
        tmp_path, f"select name, score * (1 + 1e-12) as score, made_at from {ROWS} as given (name, score, made_at)"
    )
    assert not found.differs
    assert not found.is_exact
    assert 0 < found.largest_difference < 1e-11


def test_a_table_of_one_night_only_is_a_difference(tmp_path: Path) -> None:
    one = _warehouse(tmp_path / "one", "select 1 as n")
    other = _warehouse(tmp_path / "other", "select 1 as n")
    with open_warehouse(other) as con:
        con.execute("create table cohort.more as select 1 as n")
    assert [found.table for found in compare_warehouses(one, other) if found.differs] == ["cohort.more"]


def test_a_proof_holds_only_without_a_difference_and_without_a_file_left_over() -> None:
    same = TableParity("cohort.given", 3, is_exact=True)
    assert Proof("dask", (same,), ()).is_same
    assert not Proof("dask", (same,), ("runs/x/private/made.parquet",)).is_same
    assert not Proof("dask", (same, TableParity("cohort.more", 1, False, differs="1 rows and 2")), ()).is_same
    assert not Proof("dask", (), ()).is_same
    assert [*report_lines([Proof("dask", (same,), ())])] == ["dask: 1 tables, 3 rows; 1 tables the same to the bit"]
