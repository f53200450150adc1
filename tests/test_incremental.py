"""A night that builds on the one before holds what a night from nothing would hold, whatever was delivered in between."""

import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.estimates import READS
from pipelines.carrying import carried_or_made
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.engine.opening import make_table
from pipelines.estimating import write_natural_course
from pipelines.estimating_courses import write_sessions_to_improvement
from pipelines.only_changed import OnlyChanged
from pipelines.settings import Settings
from pipelines.synthetic import simulate
from pipelines.tables import count_rows, in_order, sql_files
from pipelines.warehouse import open_warehouse

Tables = dict[str, pd.DataFrame]
EVENTS = ("nothing", "again", "blood test", "pain", "answer", "gone", "moved", "colleague")
ESTIMATES: dict[str, Callable[[duckdb.DuckDBPyConnection], int]] = {
    "natural_course": write_natural_course,
    "sessions_to_improvement": write_sessions_to_improvement,
}
"""Those of the carried tables that take no model to fit: the others are carried over by the same lines."""


def _changed(tables: Tables, feed: str, column: str, rng: random.Random) -> Tables:
    """A delta in which one row of the feed has another number; the intake again where none has any."""
    known = tables[feed][tables[feed][column].str.fullmatch(r"\d+(\.\d+)?")]
    if known.empty:
        return {"intake": tables["intake"]}
    row = known.iloc[[rng.randrange(len(known))]]
    return {"intake": tables["intake"].iloc[:0], feed: row.assign(**{column: str(rng.randint(1, 9))})}


def _as_another_patient(intake: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    """An episode that is another patient's after all."""
    one, other = rng.sample(range(len(intake)), 2)
    return intake.iloc[[one]].assign(patient_key=intake["patient_key"].iloc[other])


def _without_an_episode(tables: Tables, rng: random.Random) -> Tables:
    """A snapshot in which an episode is no more."""
    gone = rng.choice(list(tables["intake"]["episode_key"]))
    sessions = tables["session"]["session_key"][tables["session"]["episode_key"] == gone]
    studies = tables["imaging"]["imaging_key"][tables["imaging"]["episode_key"] == gone]
    return {
        feed: table[
            ~table.get("episode_key", pd.Series("", table.index)).eq(gone)
            & ~table.get("session_key", pd.Series("", table.index)).isin(sessions)
            & ~table.get("imaging_key", pd.Series("", table.index)).isin(studies)
        ]
        for feed, table in tables.items()
    }


def _deliver(inbox: Path, clinic: str, tables: Tables, night: int, event: str, rng: random.Random) -> None:
    """One thing that can happen to a clinic between two nights; most of it changes no estimate, or nothing at all."""
    name = f"2026-12-{night:02d}"
    match event:
        case "again":
            write_delivery(inbox, clinic, name, "snapshot", tables)
        case "blood test":
            write_delivery(inbox, clinic, name, "delta", _changed(tables, "lab", "value", rng))
        case "pain":
            write_delivery(inbox, clinic, name, "delta", _changed(tables, "session", "nprs_pre", rng))
        case "answer":
            write_delivery(inbox, clinic, name, "delta", _changed(tables, "outcome", "rmdq24", rng))
        case "moved":
            write_delivery(inbox, clinic, name, "delta", {"intake": _as_another_patient(tables["intake"], rng)})
        case "colleague":
            moved = tables["session"].sample(3, random_state=rng.randrange(1000)).assign(practitioner_key="f" * 32)
            write_delivery(inbox, clinic, name, "delta", {"intake": tables["intake"].iloc[:0], "session": moved})
        case "gone":
            write_delivery(inbox, clinic, name, "snapshot", _without_an_episode(tables, rng))


def _night(settings: Settings, earlier: Path | None, path: Path, made_in_part: set[str]) -> set[str]:
    """Build the night at `path`; returns the estimates that were carried over, and notes tables of which only a part was made."""
    made: set[str] = set()

    def make(name: str, con: duckdb.DuckDBPyConnection) -> dict[str, int]:
        made.add(name)
        return {name: ESTIMATES[name](con)}

    path.parent.mkdir()
    readable = (settings.store, *((earlier.parent,) if earlier else ()))
    with open_ledger(settings.ledger) as ledger, open_warehouse(path, readable=readable) as con:
        fill_raw(con, settings.store, ledger, earlier, lambda _: None)
        known = OnlyChanged(earlier, least_episodes=0, most_changed=1.0) if earlier else None
        for file in in_order(file for schema in ("clean", "cohort") for file in sql_files(schema)):
            if make_table(settings.home, con, file, known) < count_rows(con, file.table):
                made_in_part.add(file.table)
        for name in ESTIMATES:
            carried_or_made(
                con, earlier, READS[name], [f"estimates.{name}"], lambda name=name: make(name, con), lambda _: None
            )
    return set(ESTIMATES) - made


def _exported(path: Path) -> dict[str, bytes]:
    """Every table as a file of text, rows in order."""
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute("select schema_name || '.' || table_name from duckdb_tables() order by all").fetchall()
        return {
            table: con.execute(f"select * from {table} order by all").df().to_csv(index=False).encode()
            for (table,) in tables
        }


def _lived(settings: Settings, seed: int, n_nights: int, made_in_part: set[str]) -> list[set[str]]:
    """Nights that each build on the one before, each compared with one from nothing; returns what each carried over."""
    rng = random.Random(seed)
    simulate(settings.inbox, episodes=120, clinics=3, world="uniform", seed=seed)
    clinics = {
        folder.name: {
            file.stem: pd.read_csv(file, dtype=str, keep_default_na=False)
            for file in sorted(folder.glob("2026-11-01/*.csv"))
        }
        for folder in sorted(settings.inbox.iterdir())
    }
    settings.store.mkdir(parents=True)
    carried: list[set[str]] = []
    earlier: Path | None = None
    for night in range(1, n_nights + 1):
        with open_ledger(settings.ledger) as ledger:
            receive(settings.inbox, settings.store, ledger)
        path = settings.home / f"night{night}" / "warehouse.duckdb"
        carried.append(_night(settings, earlier, path, made_in_part))
        if earlier:
            anew = settings.home / f"anew{night}" / "warehouse.duckdb"
            in_part_of_nothing: set[str] = set()
            assert _night(settings, None, anew, in_part_of_nothing) == set()
            assert not in_part_of_nothing
            assert _exported(path) == _exported(anew)
        earlier = path
        for number, (clinic, tables) in enumerate(clinics.items()):
            is_sure_to_change = night == n_nights - 1 and number == 0  # what the last night reads
            event = "gone" if is_sure_to_change else rng.choice(EVENTS)
            _deliver(settings.inbox, clinic, tables, night, event, rng)
    return carried


@pytest.mark.ci
def test_a_night_built_on_the_one_before_equals_one_from_nothing(settings: Settings) -> None:
    assert _lived(settings, seed=1, n_nights=2, made_in_part=set()) == [set(), set()]


@pytest.mark.ci
def test_over_random_schedules_some_estimates_are_carried_over_and_some_made_anew(settings: Settings) -> None:
    made_in_part: set[str] = set()
    carried = _lived(settings, seed=5, n_nights=3, made_in_part=made_in_part)
    assert carried == [set(), set(ESTIMATES), set()]
    patient_scope = {f.table for schema in ("clean", "cohort") for f in sql_files(schema) if f.scope == "patient"}
    assert made_in_part >= patient_scope, "of every table some night made only what had changed"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_over_many_random_schedules_every_night_equals_one_from_nothing(settings: Settings, seed: int) -> None:
    _lived(settings, seed, n_nights=6, made_in_part=set())
