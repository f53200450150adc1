"""Deliveries in any order, twice, late, corrected, withdrawn, half there, and a night killed on the way: one current view."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.contracts import FEEDS
from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.raw import fill_raw
from pipelines.settings import Settings
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.conftest import ROOT
from tests.deliveries.clinics import clinic_feeds, key, send
from tests.deliveries.schedules import N_EPISODES, Content, History, put_content, view

Views = dict[str, dict[int, int]]


def _receive(settings: Settings) -> None:
    settings.store.mkdir(parents=True, exist_ok=True)
    with open_ledger(settings.ledger) as ledger:
        receive(settings.inbox, settings.store, ledger)


def _killed(settings: Settings, step: int) -> int:
    command = [sys.executable, "-m", "tests.deliveries.killed_receive", settings.home, settings.inbox, str(step)]
    return subprocess.run(command, check=False, cwd=ROOT, timeout=300).returncode


def _load(settings: Settings, earlier: Path | None = None, path: Path | str = ":memory:") -> Views:
    """The score of every episode in force, by clinic, and of every session that belongs to one."""
    readable = (settings.store, *((earlier.parent,) if earlier else ()))
    with open_ledger(settings.ledger) as ledger, open_warehouse(path, readable=readable) as con:
        fill_raw(con, settings.store, ledger, earlier, lambda _: None)
        build(con, ["clean"])
        assert _scores(con, "session", "nprs_pre") == {
            clinic: {episode: score % 11 for episode, score in scores.items()}
            for clinic, scores in _scores(con, "intake", "rmdq24").items()
        }
        return _scores(con, "intake", "rmdq24")


def _scores(con: duckdb.DuckDBPyConnection, feed: str, column: str) -> Views:
    rows = con.execute(f"select clinic_code, episode_key, {column} from clean.{feed}").fetchall()
    found: Views = {}
    for clinic, episode, score in rows:
        number = next(number for number in range(N_EPISODES) if key(clinic, "episode", number) == episode)
        assert number not in found.setdefault(clinic, {}), "an episode stands twice"
        found[clinic][number] = score
    return found


def _lived(settings: Settings, seed: int, n_clinics: int, n_nights: int, n_kills: int = 0) -> list[History]:
    """Histories of as many clinics, each with an event a night, taken in night by night, some nights killed and begun anew."""
    histories = [History(f"S{number:04d}", random.Random(f"{seed} {number}")) for number in range(n_clinics)]
    rng = random.Random(seed)
    put_content(settings.inbox, "A001", "d00", Content("snapshot", ((0, 1),)))
    for _ in range(n_nights):
        for history in histories:
            history.happen(settings.inbox)
        for _ in range(n_kills):
            _killed(settings, rng.randint(1, 60 * n_clinics))
        _receive(settings)
        for history in histories:
            history.received()
    return histories


def _wanted(histories: list[History]) -> Views:
    views = {history.clinic: view(history.receipts) for history in histories}
    return {"A001": {0: 1}} | {clinic: scores for clinic, scores in views.items() if scores}


def _differing(found: Views, histories: list[History]) -> list[tuple[str, object, object, list[str]]]:
    wanted = _wanted(histories)
    events = {history.clinic: history.events for history in histories}
    clinics = sorted(wanted.keys() | found.keys())
    return [(c, found.get(c), wanted.get(c), events.get(c, [])) for c in clinics if found.get(c) != wanted.get(c)]


def _in_another_order(settings: Settings, histories: list[History], seed: int) -> Views:
    """What a second installation holds that received the same deliveries in another order."""
    put_content(settings.inbox, "A001", "d00", Content("snapshot", ((0, 1),)))
    plans = {
        history.clinic: history.in_another_order(random.Random(f"{seed} {history.clinic}")) for history in histories
    }
    for night in range(max(map(len, plans.values()))):
        for clinic, plan in plans.items():
            for name, content in plan[night] if night < len(plan) else ():
                put_content(settings.inbox, clinic, name, content)
        _receive(settings)
    return _load(settings)


def test_any_history_of_deliveries_comes_to_what_the_oracle_says(settings: Settings) -> None:
    """R-F4: 50 schedules of new, again, renamed, late, corrected, withdrawn, partial and broken deliveries."""
    histories = _lived(settings, 1, n_clinics=50, n_nights=3)
    assert not _differing(_load(settings), histories)


@pytest.mark.ci
def test_the_records_in_another_order_or_in_two_deliveries_give_the_same_view(settings: Settings) -> None:
    """R-F4: re-ordered rows and a delivery split in two are other content and say the same."""
    whole = clinic_feeds("C001")
    send(settings.inbox, "C001", "2026-11-01", whole)
    other = Settings(home=settings.home.with_name("other"), inbox=settings.inbox.with_name("other-inbox"))
    send(other.inbox, "C001", "2026-11-01", {feed: rows[1::-1] for feed, rows in whole.items()})
    send(other.inbox, "C001", "2026-11-02", {feed: rows[:1:-1] for feed, rows in whole.items()}, "delta")
    for each in (settings, other):
        _receive(each)
    assert _rows_in_force(settings) == _rows_in_force(other)


def _rows_in_force(settings: Settings) -> list[list[tuple[object, ...]]]:
    with open_ledger(settings.ledger) as ledger, open_warehouse(":memory:", readable=(settings.store,)) as con:
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        build(con, ["clean"])
        query = "select * exclude (delivery_key, row_number) from clean.{} order by all"
        return [con.execute(query.format(feed)).fetchall() for feed in FEEDS]


@pytest.mark.ci
def test_every_night_is_right_when_nights_are_killed_and_build_on_earlier_ones(settings: Settings) -> None:
    """R-F4, R-F1: kill -9 in the middle of taking in, then the next night; each warehouse begins with the one before."""
    histories: list[History] = []
    earlier: Path | None = None
    settings.home.mkdir()
    for n_nights in range(1, 5):
        histories, n_killed = _another_night(settings, histories, seed=n_nights)
        assert n_killed, "no kill fell into the taking in"
        path = settings.home / f"night{n_nights}" / "warehouse.duckdb"
        path.parent.mkdir()
        assert not _differing(_load(settings, earlier, path), histories)
        earlier = path


def _another_night(settings: Settings, histories: list[History], seed: int) -> tuple[list[History], int]:
    if not histories:
        put_content(settings.inbox, "A001", "d00", Content("snapshot", ((0, 1),)))
        histories = [History(f"S{number:04d}", random.Random(number)) for number in range(12)]
    for history in histories:
        history.happen(settings.inbox)
    rng = random.Random(seed)
    n_killed = [_killed(settings, rng.randint(1, 500)) for _ in range(3)].count(-signal.SIGKILL)
    _receive(settings)
    for history in histories:
        history.received()
    return histories, n_killed


@pytest.mark.parametrize(
    "n_clinics", [pytest.param(150, marks=pytest.mark.ci), pytest.param(500, marks=pytest.mark.long)]
)
def test_histories_come_to_what_the_oracle_says(settings: Settings, n_clinics: int) -> None:
    """R-F4: 500 schedules."""
    histories = _lived(settings, 2, n_clinics=n_clinics, n_nights=3)
    assert not _differing(_load(settings), histories)


@pytest.mark.ci
def test_the_order_of_arrival_changes_nothing(settings: Settings) -> None:
    """R-F4: the same deliveries in another order, but for contents under one name, give the same view."""
    histories = _lived(settings, 3, n_clinics=60, n_nights=5)
    found = _load(settings)
    assert not _differing(found, histories)
    other = Settings(home=settings.home.with_name("other"), inbox=settings.inbox.with_name("other-inbox"))
    assert _in_another_order(other, histories, 3) == found


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_10000_histories_come_to_what_the_oracle_says(settings: Settings, seed: int) -> None:
    """R-F4: 20 times 500 schedules of 3 nights, each night killed on the way and begun again."""
    histories = _lived(settings, seed, n_clinics=500, n_nights=3, n_kills=1)
    assert not _differing(_load(settings), histories)


@pytest.mark.long
def test_the_order_of_arrival_changes_nothing_in_500_histories(settings: Settings) -> None:
    """R-F4: 500 schedules of 5 nights in two orders of arrival."""
    histories = _lived(settings, 99, n_clinics=500, n_nights=5)
    found = _load(settings)
    assert not _differing(found, histories)
    other = Settings(home=settings.home.with_name("other"), inbox=settings.inbox.with_name("other-inbox"))
    assert _in_another_order(other, histories, 99) == found
