"""The prognosis as tables of a warehouse: each keeps its contract and its disclosure, and a broken one is found."""

import pytest

from assets.estimates import prognosis_leakage
from pipelines.estimate_contracts import CONTRACTS
from pipelines.estimating import write_estimates
from pipelines.estimating_prognosis import _TABLES, suspected_leakage
from pipelines.prognosis.estimate import estimate_prognosis
from pipelines.releasing import has_passed_disclosure, read_released, write_released
from pipelines.tables import SQL_FOLDER, read_sql_file
from pipelines.validation import validate_with_duckdb
from pipelines.warehouse import open_warehouse
from tests.prognosis.worlds import LINEAR, clinics_world

BREAKS = {
    "prognosis": [
        "probability = 1.2",
        "seen_probability = -0.1",
        "band = 'certain'",
        "episode_key = 'e'",
        "status = ''",
    ],
    "prognosis_performance": [
        "lower = estimate + 1",
        "figure = 'r2'",
        "n_responses = n + 1",
        "validation = 'in_sample'",
    ],
    "prognosis_calibration": ["predicted = 2", "observed = -1", "upper = observed - 0.1", "group_no = 1"],
    "decision_curve": ["threshold = 1.0", "lower = net_benefit + 1", "strategy = 'all'"],
    "prognosis_points": ["points = 6", "item = 'x', band = 'y'"],
    "prognosis_risks": ["probability = 1.1", "band = 'yes'", "total = 0"],
}
RELEASED = ("prognosis_performance", "prognosis_calibration", "decision_curve", "prognosis_points", "prognosis_risks")


@pytest.fixture(scope="module")
def found():
    return estimate_prognosis(clinics_world(900, 5)[0], LINEAR)


@pytest.fixture
def con(found):
    with open_warehouse(":memory:", threads=1) as opened:
        for name, (columns, order) in _TABLES.items():
            write_estimates(opened, name, getattr(found, name), columns, order)
        yield opened


def _broken(con, name):
    outcomes = validate_with_duckdb(con, f"estimates.{name}", CONTRACTS[name])
    return [outcome for outcome in outcomes if not outcome.has_passed]


@pytest.mark.parametrize("name", BREAKS)
def test_a_table_keeps_its_contract_and_every_breach_is_found(con, name):
    assert _broken(con, name) == []
    for change in BREAKS[name]:
        con.execute("begin")
        con.execute(f"update estimates.{name} set {change}")
        assert _broken(con, name), change
        con.execute("rollback")


def test_every_table_of_a_refused_prognosis_keeps_its_contract(con):
    refused = estimate_prognosis(clinics_world(900, 5)[0].head(3), LINEAR)
    for name, (columns, order) in _TABLES.items():
        write_estimates(con, name, getattr(refused, name), columns, order)
        assert _broken(con, name) == []
    assert suspected_leakage(con) is None


@pytest.mark.parametrize("name", RELEASED)
def test_what_is_released_has_passed_disclosure_control(con, name):
    file = read_sql_file(SQL_FOLDER / "report" / f"{name}.sql")
    assert write_released(con, file) > 0
    assert has_passed_disclosure(con, file)
    released = read_released(con, file.table)
    assert "episode_key" not in released
    assert all((released["n"].dropna() % 5) == 0)


def test_a_total_that_few_have_shows_no_count(con):
    con.execute("update estimates.prognosis_risks set n = 3")
    file = read_sql_file(SQL_FOLDER / "report" / "prognosis_risks.sql")
    write_released(con, file)
    released = read_released(con, file.table)
    assert released["n"].isna().all()
    assert released["n_is_suppressed"].all()


def test_a_withheld_prognosis_is_warned_of_and_does_not_stop_the_night(con):
    assert suspected_leakage(con) is None
    con.execute("update estimates.prognosis_performance set status = 'refused', reason = 'withheld: too good'")
    assert suspected_leakage(con) == "withheld: too good"
    (spec,) = prognosis_leakage.check_specs
    assert not spec.blocking
