"""What is carried over from the published night is what would be made anew, and only while nothing it is made from has changed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from assets.estimates import READS
from pipelines import diagnosing, estimating, estimating_clinics, estimating_courses, estimating_prognosis
from pipelines.carrying import carried_or_made, carry_over
from pipelines.definitions import build_definitions
from pipelines.generations import current_warehouse
from pipelines.night import run_night
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from pipelines.warehouse import open_warehouse
from tests.conftest import process_as_it_was


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A published warehouse with what was read and what was made of it."""
    path = tmp_path / "earlier" / "warehouse.duckdb"
    path.parent.mkdir()
    with open_warehouse(path) as con:
        con.execute("create table cohort.read as select range as episode_no, range / 2 as score from range(9)")
        con.execute("create table estimates.made as select 'of that night' as said, 0.1::double + 0.2::double as value")
    return path


@pytest.fixture
def tonight(tmp_path: Path, earlier: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(tmp_path / "warehouse.duckdb", readable=(earlier.parent,)) as con:
        con.execute("create table cohort.read as select range as episode_no, range / 2 as score from range(9)")
        yield con


def carried(con: duckdb.DuckDBPyConnection, earlier: Path) -> dict[str, int] | None:
    return carry_over(con, earlier, ["cohort.read"], ["estimates.made"])


def test_what_is_made_from_unchanged_rows_is_carried_over_bit_by_bit(tonight, earlier) -> None:
    assert carried(tonight, earlier) == {"estimates.made": 1}
    assert tonight.execute("select * from estimates.made").fetchall() == [("of that night", 0.1 + 0.2)]


def test_the_order_of_rows_is_no_change(tonight, earlier) -> None:
    tonight.execute("create or replace table cohort.read as select * from cohort.read order by episode_no desc")
    assert carried(tonight, earlier) == {"estimates.made": 1}


@pytest.mark.parametrize(
    "change",
    [
        "update cohort.read set score = 0.25 where episode_no = 3",
        "update cohort.read set score = null where episode_no = 0",
        "update cohort.read set score = 1.5 - score where episode_no in (1, 2)",
        "delete from cohort.read where episode_no = 8",
        "insert into cohort.read select * from cohort.read where episode_no = 8",
        "alter table cohort.read alter score type float",
        "alter table cohort.read rename score to points",
        "alter table cohort.read add column more integer",
        "drop table cohort.read",
    ],
)
def test_any_change_of_what_is_read_means_that_nothing_is_carried_over(tonight, earlier, change) -> None:
    tonight.execute(change)
    assert carried(tonight, earlier) is None
    assert tonight.execute("select count(*) from duckdb_tables() where table_name = 'made'").fetchall() == [(0,)]


def test_a_table_that_the_published_night_lacks_is_made(tonight, earlier) -> None:
    assert carry_over(tonight, earlier, ["cohort.read"], ["estimates.made", "estimates.newer"]) is None


def test_without_a_published_night_everything_is_made(tonight) -> None:
    assert carried_or_made(tonight, None, ["cohort.read"], ["estimates.made"], lambda: {"made": 7}, print) == {
        "made": 7
    }


def test_after_all_of_it_the_published_night_is_let_go(tonight, earlier) -> None:
    carried(tonight, earlier)
    tonight.execute("drop table cohort.read")
    carried(tonight, earlier)
    assert tonight.execute("select count(*) from duckdb_databases() where database_name = 'earlier'").fetchall() == [
        (0,)
    ]


def _say(_: str) -> None:
    return


MAKERS: dict[str, Callable[[duckdb.DuckDBPyConnection], object]] = {
    "trials": lambda con: estimating.write_trial_estimates(con, _say),
    "natural_course": estimating.write_natural_course,
    "improvement": lambda con: estimating_courses.write_improvement(con, _say),
    "sessions_to_improvement": estimating_courses.write_sessions_to_improvement,
    "dose_effects": lambda con: estimating_courses.write_dose_effects(con, _say),
    "regimes": lambda con: estimating.write_regimes(con, _say),
    "sensitivity": lambda con: estimating.write_sensitivity(con, _say),
    "prognosis": lambda con: estimating_prognosis.write_prognosis(con, _say),
    "clinics": lambda con: estimating_clinics.write_clinic_comparison(con, _say),
}
OF_DIAGNOSTICS: dict[str, Callable[[duckdb.DuckDBPyConnection], object]] = {
    "balance": lambda con: diagnosing.write_weighting_diagnostics(con, _say),
    "confounding": lambda con: diagnosing.write_confounding_diagnostics(con, _say),
    "specifications": lambda con: diagnosing.write_specifications(con, _say),
}


@pytest.mark.ci
def test_each_of_them_is_made_from_its_declared_inputs_and_nothing_else(settings: Settings, tmp_path: Path) -> None:
    """Made anew in a warehouse that holds these tables alone, it is what the night made, to the bit."""
    assert MAKERS.keys() == READS.keys()
    simulate(settings.inbox, episodes=90, clinics=2, world="uniform", seed=7)
    with process_as_it_was():
        run_night(settings, lambda _: None)
        published = current_warehouse(settings)
    assert published is not None
    graph = build_definitions(settings).resolve_asset_graph()
    of_diagnostics = {
        name: [".".join(key.path) for key in graph.get(key_of(graph, "diagnostics", name)).parent_keys]
        for name in OF_DIAGNOSTICS
    }
    for name, make in {**MAKERS, **OF_DIAGNOSTICS}.items():
        reads = READS.get(name) or of_diagnostics[name]
        with open_warehouse(tmp_path / f"{name}.duckdb", readable=(published.parent,)) as con:
            con.execute(f"attach '{published}' as published (read_only)")
            for read in reads:
                con.execute(f"create table {read} as select * from published.{read}").fetchall()
            make(con)
            made = con.execute(
                "select schema_name || '.' || table_name from duckdb_tables() where database_name <> 'published' and "
                "list_contains(['estimates', 'diagnostics'], schema_name)"
            ).fetchall()
            for (table,) in made:
                query = "select * from {} order by all"
                assert repr(con.execute(query.format(table)).fetchall()) == repr(
                    con.execute(query.format(f"published.{table}")).fetchall()
                ), table


def key_of(graph, schema, table):
    return next(key for key in graph.get_all_asset_keys() if list(key.path) == [schema, table])
