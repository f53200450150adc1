from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.manifest import check_file, read_manifest
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.settings import Settings
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.conftest import EPISODES, small_tables

Tables = dict[str, pd.DataFrame]


def _night(settings: Settings, *queries: str) -> list[list[tuple]]:
    settings.store.mkdir(parents=True, exist_ok=True)
    with open_ledger(settings.ledger) as ledger, open_warehouse(":memory:", readable=(settings.store,)) as con:
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        build(con, ["clean"])
        return [con.execute(query).fetchall() for query in queries]


def _send(settings: Settings, change: Callable[[Tables], None], clinic: str = "C001", **options: str) -> Path:
    tables = small_tables(clinic)
    change(tables)
    mode, name = options.get("mode", "snapshot"), options.get("name", "2026-11-01")
    return write_delivery(settings.inbox, clinic, name, mode, tables, file_format=options.get("file_format", "csv"))


QUARANTINE = "select feed, row_number, field, scope, rule from raw.quarantine order by all"


def test_an_impossible_value_is_set_aside_and_the_rest_of_the_row_goes_on(settings: Settings) -> None:
    _send(settings, lambda tables: tables["intake"].__setitem__("nprs_back_avg", ["5", "813", "8", ".p"]))
    quarantine, intake = _night(
        settings,
        QUARANTINE,
        "select nprs_back_avg, nprs_back_avg_reason, nprs_leg_avg from clean.intake order by episode_key",
    )
    assert quarantine == [("intake", 2, "nprs_back_avg", "value", "a whole number from 0 to 10")]
    assert intake == [(5, None, 1), (None, "x", 3), (8, None, 6), (None, "p", 4)]


def test_a_missing_required_field_sets_the_row_aside_with_what_belongs_to_it(settings: Settings) -> None:
    _send(settings, lambda tables: tables["intake"].__setitem__("observed_through_day", ["200", "", "200", "20"]))
    quarantine, episodes, sessions = _night(
        settings, QUARANTINE, "select episode_key from clean.intake order by 1", "select count(*) from clean.session"
    )
    assert quarantine == [("intake", 2, "observed_through_day", "row", "a whole number from 0 to 3650")]
    assert [row[0] for row in episodes] == [EPISODES[0], EPISODES[2], EPISODES[3]]
    assert sessions == [(3,)]


def test_of_equal_rows_one_stays_and_contradicting_rows_all_go(settings: Settings) -> None:
    def repeat(tables: Tables) -> None:
        session = tables["session"]
        contradiction = session.iloc[[1]].assign(session_day="3")
        tables["session"] = pd.concat([session, session.iloc[[0]], contradiction], ignore_index=True)

    _send(settings, repeat)
    quarantine, sessions = _night(settings, QUARANTINE, "select session_key from clean.session order by 1")
    assert [(row[1], row[4]) for row in quarantine] == [
        (2, "one row a key: rows contradict each other"),
        (5, "one row a key: the same row stands above"),
        (6, "one row a key: rows contradict each other"),
    ]
    assert [row[0] for row in sessions] == ["session-0", "session-2", "session-3"]


def test_a_key_that_two_clinics_use_is_nobodys(settings: Settings) -> None:
    _send(settings, lambda tables: None)
    _send(settings, lambda tables: tables["session"].__setitem__("session_key", ["a", "b", "c", "d"]), "C002")
    rules = "select distinct rule from clean.quarantine where feed = 'intake' and state = 'open'"
    quarantine, intake = _night(settings, rules, "select count(*) from clean.intake")
    assert quarantine == [("a key is used by one clinic only",)]
    assert intake == [(0,)]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_column_that_the_contract_does_not_list_is_dropped_counted_and_stored_nowhere(
    settings: Settings, file_format: str
) -> None:
    _send(
        settings, lambda tables: tables["intake"].insert(2, "colour_of_door", "canary-green"), file_format=file_format
    )
    counted, columns, rows = _night(
        settings,
        "select n_rows, n_unlisted_columns from raw.file where feed = 'intake'",
        "select count(*) from information_schema.columns where column_name ilike '%colour%'",
        "select count(*) from clean.intake",
    )
    assert (counted, columns, rows) == ([(4, 1)], [(0,)], [(4,)])
    kept = b"".join(path.read_bytes() for path in settings.home.rglob("*") if path.is_file())
    assert b"canary-green" not in kept
    assert b"colour_of_door" not in kept
    (place,) = settings.store.iterdir()
    assert read_manifest(place, is_in_store=True).delivery_key == place.name
    assert all(check_file(place, file) is None for file in read_manifest(place, is_in_store=True).files)


def test_a_file_whose_columns_are_all_listed_is_kept_byte_for_byte(settings: Settings) -> None:
    folder = _send(settings, lambda tables: None)
    _night(settings)
    (place,) = settings.store.iterdir()
    for path in folder.glob("*.csv"):
        assert (place / path.name).read_bytes() == path.read_bytes()


def test_a_delta_corrects_a_row_and_a_later_snapshot_withdraws_what_it_lacks(settings: Settings) -> None:
    _send(settings, lambda tables: None)
    correction = small_tables()
    correction["outcome"] = correction["outcome"].iloc[[0]].assign(rmdq24="9")
    for name in ("intake", "session", "session_component"):
        correction[name] = correction[name].iloc[:0]
    write_delivery(settings.inbox, "C001", "2026-11-02", "delta", correction)
    score = "select rmdq24 from clean.outcome where completed_day is not null"
    assert _night(settings, score, "select count(*) from clean.intake") == [[(9,)], [(4,)]]

    def without_first(tables: Tables) -> None:
        for name in ("intake", "session", "outcome"):
            tables[name] = tables[name][tables[name]["episode_key"] != EPISODES[0]]

    _send(settings, without_first, name="2026-11-03")
    assert _night(settings, "select count(*) from clean.intake", "select count(*) from raw.intake") == [[(3,)], [(7,)]]


def test_deliveries_give_the_same_current_view_in_whatever_order_they_arrive(settings: Settings) -> None:
    correction = small_tables()
    correction["intake"] = correction["intake"].assign(rmdq24="20")
    write_delivery(settings.inbox, "C001", "2026-11-02", "delta", correction)
    _night(settings)
    _send(settings, lambda tables: None)
    assert _night(settings, "select distinct rmdq24 from clean.intake") == [[(20,)]]


def test_parquet_gives_the_rows_that_csv_gives(settings: Settings, tmp_path: Path) -> None:
    everything = "select * exclude (delivery_key) from clean.intake order by episode_key"
    _send(settings, lambda tables: None)
    other = Settings(home=tmp_path / "other", inbox=tmp_path / "parquet")
    _send(other, lambda tables: None, file_format="parquet")
    assert _night(settings, everything) == _night(other, everything)


def test_the_quarantine_never_holds_a_value(settings: Settings) -> None:
    _send(settings, lambda tables: tables["intake"].__setitem__("nprs_back_avg", ["5", "canary813", "8", ".p"]))
    (rows,) = _night(settings, "select * from raw.quarantine")
    assert rows
    assert "canary813" not in repr(rows)
