"""Drift from the inbox to the current view: a delivery is held, a person releases it, or the clinic mends it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipelines.contracts import FEEDS
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.conftest import small_tables

Tables = dict[str, pd.DataFrame]

HELD = "select feed, field, rule from raw.hold order by all"
IN_FORCE = "select delivery_id from clean.delivery order by all"


def _night(
    settings: Settings,
    *queries: str,
    earlier: Path | None = None,
    keep: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[list[tuple]]:
    settings.store.mkdir(parents=True, exist_ok=True)
    readable = (settings.store, *([earlier.parent] if earlier else []))
    with open_ledger(settings.ledger) as ledger, open_warehouse(keep or ":memory:", readable=readable) as con:
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, earlier, say)
        build(con, ["clean"])
        return [con.execute(query).fetchall() for query in queries]


def _again(settings: Settings, name: str, change: Callable[[Tables], None]) -> None:
    """The clinic's first snapshot, changed, as a later one."""
    folder = settings.inbox / "C001" / "2026-11-01"
    tables = {feed: pd.read_csv(folder / f"{feed}.csv", dtype=str, keep_default_na=False) for feed in FEEDS}
    change(tables)
    write_delivery(settings.inbox, "C001", name, "snapshot", tables)


def _reverse(tables: Tables) -> None:
    for feed in ("intake", "outcome"):
        scores = tables[feed]["odi_pct"]
        tables[feed]["odi_pct"] = scores.where(
            ~scores.str.fullmatch(r"[\d.]+"), (100 - pd.to_numeric(scores, "coerce")).astype(str)
        )


@pytest.mark.ci
def test_a_reversed_scale_is_held_released_and_healed(settings: Settings, tmp_path: Path) -> None:
    """R-F6: the delivery before stays in force; a release lets it in; the same is not held again; a right one heals."""
    simulate(settings.inbox, episodes=45, clinics=1, world="uniform", seed=4)
    _again(settings, "2026-11-02", _reverse)
    first = tmp_path / "first.duckdb"
    held, in_force = _night(settings, HELD, IN_FORCE, keep=first)
    assert ("outcome", "odi_pct", "the scale looks reversed") in held
    assert in_force == [("2026-11-01",)]
    _again(settings, "2026-11-03", lambda tables: tables.update(lab=tables["lab"].iloc[1:]))
    held_again, mended, kept = _night(
        settings, HELD, IN_FORCE, "select count(distinct reference) from raw.finding", earlier=first
    )
    assert (held_again, mended) == (held, [("2026-11-03",)])
    assert kept == [(2,)]
    with open_ledger(settings.ledger) as ledger:
        (entry,) = [entry for entry in ledger.entries() if entry.delivery_id == "2026-11-02"]
        ledger.release(str(entry.delivery_key), "a test")
    held_last, latest = _night(settings, HELD, IN_FORCE)
    assert ("outcome", "odi_pct", "more than 5 % of the old values were changed") in held_last, (
        "beside the released one"
    )
    assert latest == [("2026-11-02",)]


@pytest.mark.ci
def test_a_renamed_column_is_held_by_the_contracts_name_and_a_new_one_is_reported_by_its_place(
    settings: Settings,
) -> None:
    """R-F6, with the file as it comes: the kept copy has neither column any more."""
    tables = small_tables()
    tables["intake"] = tables["intake"].rename(columns={"rmdq24": "RMDQ 24"}).assign(quokka="1")
    write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", tables)
    write_delivery(settings.inbox, "C002", "2026-11-01", "snapshot", _of_another_clinic())
    held, drift = _night(settings, HELD, "select kind, feed, field, is_holding, remedy from raw.drift order by all")
    assert held == [("intake", "rmdq24", "a column was renamed")]
    assert [row[:4] for row in drift] == [
        ("new_column", "intake", "", False),
        ("renamed_column", "intake", "rmdq24", True),
    ]
    assert "column 13 of intake.csv" in drift[0][4]
    assert "quokka" not in repr(drift)


def test_a_night_says_which_delivery_it_holds_and_why_and_says_it_once(settings: Settings, tmp_path: Path) -> None:
    tables = small_tables()
    tables["intake"] = tables["intake"].rename(columns={"rmdq24": "RMDQ 24"})
    write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", tables)
    first, again = tmp_path / "first.duckdb", list[str]()
    said: list[str] = []
    _night(settings, keep=first, say=said.append)
    _night(settings, earlier=first, say=again.append)
    assert said[-1] == (
        "C001/2026-11-01: held: a column was renamed. `stepcare quarantine show C001/2026-11-01` names field and remedy"
    )
    assert again == []


def _of_another_clinic() -> Tables:
    tables = small_tables("C002")
    for table in tables.values():
        for key in {"patient_key", "episode_key", "session_key"} & set(table.columns):
            table[key] = "f" + table[key].str[1:]
    return tables
