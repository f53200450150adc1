"""What was known on which night, what was withdrawn, and what was erased."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.deliveries.inbox import receive
from pipelines.deliveries.ledger import Ledger, now, open_ledger
from pipelines.deliveries.outgoing import write_delivery
from pipelines.deliveries.raw import fill_raw
from pipelines.errors import UsageError
from pipelines.history import rebuild_as_of, take_settings, time_of, view_as_of
from pipelines.privacy.profiles import profile_of
from pipelines.reporting.branding import read_report_configuration
from pipelines.settings import Settings
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.conftest import EPISODES, small_tables

SCORES = "select episode_key, rmdq24 from clean.intake order by all"


def _night(settings: Settings, name: str = "warehouse") -> Path:
    """Receive what came and make the warehouse of a night up to the current view; returns its file."""
    settings.store.mkdir(parents=True, exist_ok=True)
    path = settings.home / f"{name}.duckdb"
    path.unlink(missing_ok=True)
    with open_ledger(settings.ledger) as ledger, open_warehouse(path, readable=(settings.store,)) as con:
        receive(settings.inbox, settings.store, ledger)
        fill_raw(con, settings.store, ledger, None, lambda _: None)
        build(con, ["clean"])
    return path


def _ask(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(query).fetchall()


def _views(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """sha256 of every table of the current view."""
    tables = con.execute("select table_name from information_schema.tables where table_schema = 'clean' order by 1")
    return {
        name: hashlib.sha256(
            repr(con.execute(f"select * from clean.{name} order by all").fetchall()).encode()
        ).hexdigest()
        for (name,) in tables.fetchall()
    }


def _send(settings: Settings, name: str, score: str, mode: str = "snapshot", rows: int = 4) -> None:
    tables = small_tables()
    tables["intake"] = tables["intake"].assign(rmdq24=score).iloc[:rows]
    write_delivery(settings.inbox, "C001", name, mode, tables)


def test_an_earlier_night_can_be_asked_for_what_it_knew(settings: Settings) -> None:
    _send(settings, "2026-11-01", "5")
    _night(settings)
    first = now()
    _send(settings, "2026-11-02", "6")
    path = _night(settings)
    assert {row[1] for row in _ask(path, SCORES)} == {6}
    with view_as_of(path, first, ("clean",)) as con:
        assert {row[1] for row in con.execute(SCORES).fetchall()} == {5}


def _random_schedule(seed: int) -> list[Callable[[Settings, Ledger], None]]:
    """What happens before each of a dozen nights: new, late, corrected, renamed, broken and withdrawn deliveries."""
    rng = np.random.default_rng(seed)

    def happen(settings: Settings, ledger: Ledger) -> None:
        kind = rng.choice(["new", "new", "delta", "corrected", "renamed", "broken", "withdrawn"])
        name = f"2026-11-{rng.integers(1, 29):02d}"
        if kind == "withdrawn":
            loaded = [entry for entry in ledger.entries() if entry.state == "seen"]
            if len(loaded) > 1:
                ledger.mark(str(loaded[0].delivery_key), "withdrawn", "a test")
        elif kind == "broken":
            _send(settings, name, "7")
            (settings.inbox / "C001" / name / "outcome.csv").write_text("episode_key\n")
        else:
            score = "9" if kind == "renamed" else str(rng.integers(0, 25))
            _send(settings, name, score, "delta" if kind == "delta" else "snapshot", int(rng.integers(1, 5)))

    return [happen] * 12


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.ci if seed == 1 else pytest.mark.long) for seed in range(1, 9)]
)
def test_every_past_night_is_reproduced_by_what_was_known_then(settings: Settings, seed: int) -> None:
    """R-F4: `as_of` each past night gives that night's view, byte for byte."""
    _send(settings, "2026-11-01", "5")
    nights: list[tuple[str, dict[str, str]]] = []
    for happen in _random_schedule(seed):
        with open_ledger(settings.ledger) as ledger:
            happen(settings, ledger)
        path = _night(settings)
        with duckdb.connect(str(path), read_only=True) as con:
            nights.append((now(), _views(con)))
    for moment, views in nights:
        with view_as_of(path, moment, ("clean",)) as con:
            assert _views(con) == views


def test_a_withdrawn_delivery_counts_for_nothing_until_it_is_taken_back(settings: Settings) -> None:
    _send(settings, "2026-11-01", "5")
    _send(settings, "2026-11-02", "6")
    _night(settings)
    with open_ledger(settings.ledger) as ledger:
        newest = next(entry for entry in ledger.entries() if entry.delivery_id == "2026-11-02")
        ledger.mark(str(newest.delivery_key), "withdrawn", "sent by mistake")
    assert {row[1] for row in _ask(_night(settings), SCORES)} == {5}
    with open_ledger(settings.ledger) as ledger:
        ledger.mark(str(newest.delivery_key), "seen")
    assert {row[1] for row in _ask(_night(settings), SCORES)} == {6}


def test_a_correction_under_the_same_name_counts_as_if_it_alone_had_come(settings: Settings, tmp_path: Path) -> None:
    _send(settings, "2026-11-01", "5", "delta")
    _night(settings)
    _send(settings, "2026-11-01", "6", "delta", rows=2)
    other = Settings(home=tmp_path / "other", inbox=settings.inbox)
    assert _ask(_night(settings), SCORES) == _ask(_night(other), SCORES)


def test_an_optional_file_that_cannot_be_used_is_blocked_alone_and_the_rows_before_it_stay(settings: Settings) -> None:
    tables = small_tables()
    tables["lab"] = pd.DataFrame(
        {"episode_key": EPISODES[:1], "test": "crp", "day": "0", "value": "12", "unit": "mg/L"}
    )
    write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", tables)
    tables["intake"] = tables["intake"].assign(rmdq24="7")
    tables["lab"] = tables["lab"].assign(value="jane@example.org")
    write_delivery(settings.inbox, "C001", "2026-11-02", "snapshot", tables)
    path = _night(settings)
    assert {row[1] for row in _ask(path, SCORES)} == {7}
    assert _ask(path, "select value from clean.lab") == [(12.0,)]
    ((reason,),) = _ask(path, "select reason from raw.file where state = 'blocked'")
    assert "1 in value look like an e-mail address" in reason
    assert not list(settings.store.glob("*/*lab*"))[1:], "only the good copy lies in the store"
    with open_ledger(settings.ledger) as ledger:
        assert ["(lab)" in entry.files for entry in ledger.entries()] == [False, True]
    assert _views_of(path) == _views_of(_night(settings)), "reading the store again blocks it again"


def test_an_optional_file_that_was_cut_short_counts_once_it_was_copied_whole(settings: Settings) -> None:
    """The manifest stays as it was: what a delivery is follows from its bytes."""
    tables = small_tables()
    tables["lab"] = pd.DataFrame(
        {"episode_key": EPISODES[:1], "test": "crp", "day": "0", "value": "12", "unit": "mg/L"}
    )
    lab = write_delivery(settings.inbox, "C001", "2026-11-01", "snapshot", tables) / "lab.csv"
    whole = lab.read_bytes()
    lab.write_bytes(whole[:-3])
    assert _ask(_night(settings), "select value from clean.lab") == []
    lab.write_bytes(whole)
    assert _ask(_night(settings), "select value from clean.lab") == [(12.0,)]


def test_a_broken_copy_of_what_is_known_is_refused_and_moves_nothing(settings: Settings) -> None:
    """Found by random histories: its manifest alone made it a duplicate, under a name that comes earlier."""
    _send(settings, "2026-11-02", "5", "delta")
    _send(settings, "2026-11-03", "9")
    assert {row[1] for row in _ask(_night(settings), SCORES)} == {9}
    _send(settings, "2026-11-01", "9")
    intake = settings.inbox / "C001" / "2026-11-01" / "intake.csv"
    intake.write_bytes(intake.read_bytes()[:-3])
    assert {row[1] for row in _ask(_night(settings), SCORES)} == {9}
    with open_ledger(settings.ledger) as ledger:
        states = {entry.delivery_id: (entry.state, entry.reason[:10]) for entry in ledger.entries()}
    assert states["2026-11-01"] == ("quarantined", "intake.csv")


def _views_of(path: Path) -> dict[str, str]:
    with duckdb.connect(str(path), read_only=True) as con:
        return _views(con)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-01T02:30", "2026-11-01T02:30:00"),
        ("2026-07-01T02:30", "2026-07-01T01:30:00"),
        ("2026-07-01", "2026-07-01T22:59:59.999999"),
        ("20261101T023000Z-19ee3e41", "2026-11-01T02:30:00.999999"),
    ],
)
def test_a_time_is_read_as_people_write_it(settings: Settings, text: str, meant: str) -> None:
    assert time_of(text, settings) == meant


def test_a_night_before_anything_came_is_not_made(settings: Settings, tmp_path: Path) -> None:
    """It would be a report of no patients, and look like one."""
    with pytest.raises(UsageError, match="no delivery is kept here"):
        rebuild_as_of(settings, "2026-11-01T00:00:00", tmp_path / "out", lambda _: None)
    _send(settings, "2026-11-01", "5")
    _night(settings)
    with pytest.raises(UsageError, match=r"no delivery had come by then: the first came on 20\d\d-"):
        rebuild_as_of(settings, "2020-01-01T00:00:00", tmp_path / "out", lambda _: None)
    assert not (tmp_path / "out").exists()


def test_an_earlier_night_is_made_with_the_installations_own_settings(settings: Settings, tmp_path: Path) -> None:
    """Above all its profile of disclosure control: the usual one would show more."""
    home, scratch = settings.home, tmp_path / "scratch"
    (home / "own" / "deep").mkdir(parents=True)
    (home / "own" / "deep" / "sections.py").write_text("1")
    (home / "logo.svg").write_text('<svg viewBox="0 0 2 1"><path d="M0 0h2v1z"/></svg>')
    (home / "stepcare.toml").write_text(
        '[disclosure]\nprofile = "cms"\n[report]\nname = "Ours"\nlogo = "logo.svg"\n[sections]\nfolder = "own/deep"\n'
    )
    scratch.mkdir()
    take_settings(home, scratch)
    assert profile_of(scratch).name == "cms"
    assert read_report_configuration(scratch) == read_report_configuration(home)
    assert (scratch / "own" / "deep" / "sections.py").read_text() == "1"


def test_what_is_no_time_is_told(settings: Settings) -> None:
    with pytest.raises(UsageError, match="is no time"):
        time_of("yesterday", settings)
