"""What a practice records, exported and taken in, is what it recorded: the same clinical facts, whatever way they were written."""

import random
import tempfile
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines.contracts import FEEDS
from pipelines.exporting.keys import Pseudonyms, create_key, read_key
from pipelines.exporting.records import KEY_FIELDS
from pipelines.exporting.running import Order, export
from pipelines.synthetic import simulate
from pipelines.tables import build
from pipelines.warehouse import open_warehouse
from tests.conftest import load_folders
from tests.exporting.canaries import assert_no_calendar_date, assert_no_canary, written_below
from tests.exporting.practice import EXTRACT, Practice, write_practice

pytest.importorskip("openpyxl", reason="openpyxl, of the extra export, is absent")

Facts = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


def _facts(folder: Path) -> Facts:
    """Every typed row of the current view, by feed and key."""
    facts: Facts = {}
    with open_warehouse(":memory:", readable=(folder,)) as con:
        load_folders(con, [folder])
        build(con, ["clean"])
        for feed in FEEDS.values():
            found = con.execute(f"select * from clean.{feed.name}")
            names = [column[0] for column in found.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            facts[feed.name] = {tuple(row[name] for name in feed.key): row for row in rows}
    return facts


def _renamed(facts: Facts, keys: dict[tuple[str, str], str], pseudonyms: Pseudonyms) -> Facts:
    """The facts under the keys that the export gives."""

    def rename(name: str, value: Any) -> Any:
        own = keys.get((KEY_FIELDS.get(name, ""), value)) if isinstance(value, str) else None
        return pseudonyms.of(KEY_FIELDS[name], own) if own else value

    renamed: Facts = {}
    for feed, rows in facts.items():
        renamed[feed] = {}
        for row in rows.values():
            new = {name: rename(name, value) for name, value in row.items()}
            renamed[feed][tuple(new[name] for name in FEEDS[feed].key)] = new
    return renamed


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, list) else value for name, value in row.items() if name not in _OURS
    }


@pytest.mark.ci
def test_episodes_that_a_practice_does_not_know_are_built_as_they_were(tmp_path: Path) -> None:
    simulate(tmp_path / "sim", episodes=40, clinics=1, world="uniform", seed=8)
    (clinic,) = (tmp_path / "sim").iterdir()
    practice = Practice(random.Random(8), has_episodes=False)
    mapping = write_practice(clinic / "2026-11-01", tmp_path / "practice", practice, clinic.name)
    create_key(tmp_path / "key")
    folder, _ = export(Order(mapping, tmp_path / "practice", tmp_path / "key", as_of=EXTRACT), tmp_path / "inbox")
    pseudonyms = Pseudonyms(read_key(tmp_path / "key"), clinic.name)
    wanted = _renamed(_facts(clinic / "2026-11-01"), practice.keys, pseudonyms)
    built = _built_keys(wanted, pseudonyms)
    assert len(built) > 20
    found = _facts(folder)
    for feed in ("intake", "session", "exam", "lab", "outcome"):
        rows = {_comparable_key(row, feed, built): row for row in wanted[feed].values() if row["episode_key"] in built}
        if feed == "outcome":  # one that was not answered has no day by which to find its episode
            rows = {key: row for key, row in rows.items() if row["completed_day"] is not None}
        assert rows, feed
        for key, row in rows.items():
            assert _comparable(found[feed][key]) == _comparable(row | {"episode_key": built[row["episode_key"]]}), feed


def _built_keys(facts: Facts, pseudonyms: Pseudonyms) -> dict[str, str]:
    """The key that an episode must get, for those that are their patient's only one and have no gap of more than 90 days."""
    patients = Counter(row["patient_key"] for row in facts["intake"].values())
    built = {}
    for row in facts["intake"].values():
        days = sorted(
            session["session_day"]
            for session in facts["session"].values()
            if session["episode_key"] == row["episode_key"] and session["attendance"] == "attended"
        )
        if patients[row["patient_key"]] == 1 and all(after - before <= 90 for before, after in pairwise(days)):
            day_0 = EXTRACT - timedelta(row["observed_through_day"])
            built[row["episode_key"]] = pseudonyms.of("episode", f"{row['patient_key']} {day_0}")
    return built


def _comparable_key(row: dict[str, Any], feed: str, built: dict[str, str]) -> tuple[Any, ...]:
    return tuple(built[row[name]] if name == "episode_key" else row[name] for name in FEEDS[feed].key)


_OURS = ("delivery_key", "row_number", "arrived_at", "sequence_no", "practitioner_key", "practitioner_key_reason")


@pytest.mark.ci
def test_what_is_exported_and_taken_in_is_what_the_practice_recorded() -> None:
    _export_and_compare(seed=5, episodes=12)


@pytest.mark.ci
@given(st.integers(0, 10_000))
@settings(max_examples=4, phases=(Phase.explicit, Phase.generate))  # a seed does not shrink
def test_so_it_is_for_any_clinic_and_any_way_of_writing(seed: int) -> None:
    _export_and_compare(seed, episodes=40)


def _export_and_compare(seed: int, episodes: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        simulate(place / "sim", episodes=episodes, clinics=1, world="uniform", seed=seed)
        (clinic,) = (place / "sim").iterdir()
        practice = Practice(random.Random(seed))
        mapping = write_practice(clinic / "2026-11-01", place / "practice", practice, clinic.name)
        create_key(place / "key")
        order = Order(mapping, place / "practice", place / "key", as_of=EXTRACT)
        folder, result = export(order, place / "inbox")
        assert result.tally.n_unmapped == {}
        assert_no_calendar_date(folder)
        assert_no_canary(written_below(place / "inbox"))
        pseudonyms = Pseudonyms(read_key(place / "key"), clinic.name)
        wanted = _renamed(_facts(clinic / "2026-11-01"), practice.keys, pseudonyms)
        found = _facts(folder)
    for feed in FEEDS:
        assert set(found[feed]) == set(wanted[feed]), feed
        for key, row in wanted[feed].items():
            assert _comparable(found[feed][key]) == _comparable(row), feed
