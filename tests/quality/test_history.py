"""What the checks found on earlier nights is carried on, counts each night once, and is what tonight is compared with."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.quality.history import HISTORY_TABLE, append_night, carry_over, earlier_nights
from pipelines.quality.kahn import NETWORK
from pipelines.quality.results import every_check, results_contract, run_checks
from pipelines.quality.sudden import FEWEST_NIGHTS, MOST_NIGHTS
from pipelines.tables import sql_files
from pipelines.validation import validate_with_great_expectations
from pipelines.warehouse import open_warehouse

from .records import Scenario, warehouse_of

RULES = sql_files("checks")
FIRST = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
COLUMNS = "clinic_code varchar, check_name varchar, n_broken bigint, n_rows bigint, percent_broken double"


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory whose history is empty."""
    with open_warehouse(":memory:", threads=1) as con:
        carry_over(con, None, "key-0")
        yield con


def tell(con: duckdb.DuckDBPyConnection, number: int, numbers: dict[str, tuple[int, int]], key: str = "") -> None:
    """A night with one check: rows broken and checked, by clinic."""
    for table in ("results", "results_by_clinic"):
        con.execute(f"create or replace table checks.{table} ({COLUMNS})")
    for clinic, (n_broken, n_rows) in numbers.items():
        table = "results" if clinic == NETWORK else "results_by_clinic"
        con.execute(f"insert into checks.{table} values (?, 'c', ?, ?, 0)", [clinic, n_broken, n_rows])
    append_night(con, key or f"key-{number}", FIRST + timedelta(days=number))


def history(con: duckdb.DuckDBPyConnection) -> list[tuple[int, str, int, int]]:
    return con.execute(f"select night_no, clinic_code, n_broken, n_rows from {HISTORY_TABLE} order by all").fetchall()


def test_each_night_adds_a_row_and_a_clinic_only_when_its_numbers_change(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    tell(warehouse, 0, {NETWORK: (3, 30), "C001": (1, 10), "C002": (2, 20)})
    tell(warehouse, 1, {NETWORK: (3, 30), "C001": (1, 10), "C002": (2, 20)})
    tell(warehouse, 2, {NETWORK: (4, 31), "C001": (1, 10), "C002": (3, 21)})
    assert history(warehouse) == [
        (1, "C001", 1, 10), (1, "C002", 2, 20), (1, NETWORK, 3, 30),
        (2, NETWORK, 3, 30),
        (3, "C002", 3, 21), (3, NETWORK, 4, 31),
    ]  # fmt: skip


def test_all_clinics_together_are_kept_for_good_and_one_clinic_as_long_as_it_is_looked_at(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    nights = MOST_NIGHTS + 4
    for number in range(nights):
        tell(warehouse, number, {NETWORK: (number, 100), "C001": (number, 100)})
    rows = history(warehouse)
    assert sum(clinic == NETWORK for _, clinic, _, _ in rows) == nights
    assert [broken for _, clinic, broken, _ in rows if clinic == "C001"] == list(range(4, nights))


def test_nights_that_changed_nothing_are_left_out_of_the_comparison(warehouse: duckdb.DuckDBPyConnection) -> None:
    for number, n_broken in enumerate([1, 1, 1, 2, 2, 3]):
        tell(warehouse, number, {NETWORK: (n_broken, 100)})
    tonight = pd.DataFrame({"clinic_code": [NETWORK], "check_name": ["c"], "n_broken": [3], "n_rows": [100]})
    broken, rows = earlier_nights(warehouse, tonight)
    assert broken[0, -4:].tolist() == [1, 2, 3, 3]
    assert pd.isna(broken[0, :-4]).all()
    assert rows[0, -4:].tolist() == [100] * 4


def test_the_published_history_is_carried_on_and_a_night_that_is_worked_again_counts_once(tmp_path: Path) -> None:
    for number, key in enumerate(["first", "same", "same"]):
        with open_warehouse(tmp_path / f"{number}.duckdb", readable=(tmp_path,)) as con:
            carry_over(con, tmp_path / f"{number - 1}.duckdb" if number else None, key)
            tell(con, number, {NETWORK: (3 + number, 30)}, key)
            found = history(con)
    assert found == [(1, NETWORK, 3, 30), (2, NETWORK, 5, 30)]


def test_a_warehouse_of_before_the_checks_had_a_history_starts_one(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "0.duckdb"):
        pass
    with open_warehouse(tmp_path / "1.duckdb", readable=(tmp_path,)) as con:
        carry_over(con, tmp_path / "0.duckdb", "key")
        assert history(con) == []


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the earlier night's file."""
    return tmp_path_factory.mktemp("earlier")


@pytest.fixture(scope="module")
def clinics(place: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Thirty clinics with a sound record each, but for the age that none of them recorded."""
    scenarios = [Scenario(f"C{number:03d}", {("intake", "age_band"): ""}) for number in range(30)]
    with warehouse_of(scenarios, readable=(place,)) as con:
        yield con


@pytest.fixture(scope="module")
def results(clinics: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The results of the first night of those clinics."""
    return run_checks(clinics, RULES, None, FIRST)


def test_a_night_writes_every_check_and_passes_the_gate(results: pd.DataFrame) -> None:
    outcomes = validate_with_great_expectations(results, results_contract(RULES))
    assert [outcome.expectation.label for outcome in outcomes if not outcome.has_passed] == []
    assert results["check_name"].tolist() == [check.name for check in every_check(RULES)]
    age = results.set_index("check_name").loc["intake.age_band.present"]
    assert (age["n_broken"], age["n_rows"], age["status"], age["trend"]) == (30, 30, "not_met", "new")
    assert pd.isna(age["usual_percent"])


def test_a_check_that_did_not_run_fails_the_gate(results: pd.DataFrame) -> None:
    outcomes = validate_with_great_expectations(results.iloc[1:], results_contract(RULES))
    assert [outcome.n_broken for outcome in outcomes if not outcome.has_passed] == [1]


@pytest.mark.parametrize("is_error", [True, False])
def test_the_gate_stops_at_an_error_above_its_allowed_share_only(results: pd.DataFrame, is_error: bool) -> None:
    broken = (results["severity"] == "error") == is_error
    percent = results["percent_broken"].mask(broken, 100.0)
    changed = results.assign(
        percent_broken=percent, blocking_percent=percent.where(results["severity"] == "error", 0.0)
    )
    outcomes = validate_with_great_expectations(changed, results_contract(RULES))
    failed = [outcome.expectation.columns for outcome in outcomes if not outcome.has_passed]
    assert failed == ([("blocking_percent", "allowed_percent")] if is_error else [])


def test_a_sudden_change_is_told_with_what_was_usual(
    clinics: duckdb.DuckDBPyConnection, results: pd.DataFrame, place: Path
) -> None:
    earlier = place / "earlier.duckdb"
    _met_by_all(clinics, earlier)
    tonight = run_checks(clinics, RULES, earlier, FIRST + timedelta(days=20)).set_index("check_name")
    age = tonight.loc["intake.age_band.present"]
    assert (age["trend"], age["usual_percent"], bool(age["is_sudden_change"])) == ("worse", 0.0, True)
    assert tonight.loc["intake.sex.value", "trend"] == "steady"
    by_clinic = clinics.execute(
        "select distinct trend from checks.results_by_clinic where check_name = 'intake.age_band.present'"
    ).fetchall()
    assert by_clinic == [("steady",)], "one record of one clinic is too little to say"


def _met_by_all(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the file of an earlier night: nights enough on which every check was met by all of 50 times the rows."""
    con.execute(f"create or replace temp table seen as select * from {HISTORY_TABLE}")
    rows = con.sql("select clinic_code, check_name, 50 * n_rows as n_rows from seen").to_arrow_table()
    with open_warehouse(path) as earlier:
        carry_over(earlier, None, "none")
        earlier.register("seen", rows)
        earlier.execute(
            f"insert into {HISTORY_TABLE} select night, concat('night ', night), timestamp '2026-10-01', clinic_code, "
            f"check_name, 0, n_rows + night, 0 from seen cross join range(1, {FEWEST_NIGHTS + 1}) as nights (night)"
        ).fetchall()
