"""Canaries in every field of every feed, and invented people's identifiers wherever they can be put: nights by the real command,
good and failing ones, and a search of every byte that they wrote."""

import os
import sqlite3
import subprocess
import sys
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from pipelines import errors
from pipelines.contracts import FEEDS
from pipelines.settings import Settings
from tests.conftest import ROOT
from tests.privacy.planting import KEY_PREFIX, SMALL_CLINICS_PRACTITIONER, Planter, Plants
from tests.privacy.searching import Text, hits, written_in

pytestmark = pytest.mark.ci

ENDINGS = {
    "a night on every plant": errors.DeliveryError.exit_code,
    "a night whose checks fail": errors.ChecksFailed.exit_code,
    "an error while looking": 1,
    "an error while loading": errors.NightFailed.exit_code,
    "an error while writing pages": errors.NightFailed.exit_code,
    "status": 0,
    "quarantine": 0,
    "an extract of too few episodes": errors.ChecksFailed.exit_code,
}
RECORDS = tuple(f":{schema}.{feed}" for schema in ("raw", "clean") for feed in FEEDS)
KEYS = (*RECORDS, ":clean.shared_key", ":clean.practitioner", ":cohort.", ":estimates.", ":self_checks.labels")


@dataclass(frozen=True)
class Nights:
    """What was planted, and everything that the nights on it wrote and said."""

    settings: Settings
    place: Path
    plants: Plants
    said: dict[str, Text]
    exit_codes: dict[str, int]

    @cached_property
    def written(self) -> list[Text]:
        """Every byte below the test's folder, but for the clinics' own inbox."""
        return [*self.said.values(), *written_in(self.place, ("inbox", "failing-inbox", "scratch"))]

    def outside(self, *places: str) -> list[Text]:
        """What was written, but for tables whose name begins with one of `places`, and but for the store."""
        return [
            text
            for text in self.written
            if "home/store/" not in text.place and not any(place in text.place for place in places)
        ]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    place = tmp_path_factory.mktemp("canaries")
    settings = Settings(home=place / "home", inbox=place / "inbox")
    planter = Planter(settings.inbox, place / "scratch")
    plants = planter.plant_all()
    for folder in ("user", "tmp"):
        (place / folder).mkdir()
    environment = {**os.environ, "HOME": str(place / "user"), "TMPDIR": str(place / "tmp")}
    said: dict[str, Text] = {}
    codes: dict[str, int] = {}

    def run(name: str, module: str, *arguments: str, home: str = "home", inbox: str = "inbox") -> None:
        own = {**environment, "STEPCARE_HOME": str(place / home), "STEPCARE_INBOX": str(place / inbox)}
        ended = subprocess.run(
            [sys.executable, "-m", module, *arguments], env=own, cwd=ROOT, capture_output=True, check=False
        )
        said[name] = Text(f"what {name} said", ended.stdout + ended.stderr)
        codes[name] = ended.returncode

    run("a night on every plant", "pipelines.cli", "nightly")
    run("status", "pipelines.cli", "status")
    run("quarantine", "pipelines.cli", "quarantine")
    run("an extract of too few episodes", "pipelines.cli", "extract", "--out", str(place / "episodes.csv"))
    faulty = "tests.privacy.faulty_cli"
    run("an error while writing pages", faulty, "pages", planter.value("fault", "pages"), "report", "--again")
    planter.delivery_that_fails_its_checks(place / "failing-inbox")
    failing = {"home": "failing-home", "inbox": "failing-inbox"}
    run("an error while looking", faulty, "looking", planter.value("fault", "looking"), "nightly", **failing)
    run("an error while loading", faulty, "loading", planter.value("fault", "loading"), "nightly", **failing)
    run("a night whose checks fail", "pipelines.cli", "nightly", **failing)
    return Nights(settings, place, plants, said, codes)


def test_the_nights_ended_as_they_were_meant_to(nights: Nights) -> None:
    assert nights.exit_codes == ENDINGS, {name: text.content[-2000:] for name, text in nights.said.items()}


def test_every_field_of_every_feed_and_two_hundred_identifiers_were_planted(nights: Nights) -> None:
    assert {(feed.name, name) for feed in FEEDS.values() for name in feed.columns} <= set(nights.plants.values)
    assert len(nights.plants.identifiers) >= 200
    assert len(nights.plants.unlisted) > 9


def test_no_value_of_a_field_is_anywhere_but_in_the_records(nights: Nights) -> None:
    """R-P4: 0 hits in DAGSTER_HOME, logs, ledger, quarantine, checks, reports, generation.json, temporary files."""
    assert hits(nights.outside(*RECORDS), nights.plants.values.values()) == []


def test_no_key_is_anywhere_but_in_the_tables_of_patients(nights: Nights) -> None:
    assert hits(nights.outside(*KEYS), [KEY_PREFIX]) == []


def test_no_identifier_is_anywhere(nights: Nights) -> None:
    """R-P4: 200 identifiers in values, keys, headers, unlisted columns, names, manifests and unreadable files: 0 hits, the
    published warehouse and the store included."""
    assert hits(nights.written, nights.plants.identifiers) == []


def test_what_the_contract_does_not_list_is_kept_nowhere(nights: Nights) -> None:
    """R-P4: unlisted columns, their names and their values, are dropped at ingest and never stored."""
    assert hits(nights.written, nights.plants.unlisted) == []


def test_the_key_of_a_small_clinics_practitioner_is_in_no_table_that_is_read_further(nights: Nights) -> None:
    found = hits(nights.written, [SMALL_CLINICS_PRACTITIONER])
    tables = {one.rpartition(":")[2] for one in found if ".duckdb:" in one}
    assert tables == {"raw.session", "clean.session", "clean.practitioner"}
    assert all(".duckdb:" in one or "home/store/" in one for one in found)


def test_the_search_finds_what_is_there(nights: Nights, tmp_path: Path) -> None:
    """The positive control: records in raw.*, and a canary put on purpose into a log, a packed cell and a page."""
    values = list(nights.plants.values.items())
    planted = [canary for (feed, _), canary in values if feed in FEEDS]
    raw = [text for text in nights.written if ":raw." in text.place]
    assert len({one.split(" in ")[0] for one in hits(raw, planted)}) >= len(planted)
    identifier = "Siobhán O'Neill"
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "run.log").write_text(f"ValueError: {identifier!r}", encoding="utf-8")
    (tmp_path / "logs" / "page.html").write_text("<td>Siobhán O&#x27;Neill</td>", encoding="utf-8")
    (tmp_path / "logs" / "event.json").write_text('{"name": "Siobh\\u00e1n O\'Neill"}', encoding="utf-8")
    con = sqlite3.connect(tmp_path / "logs" / "runs.db")
    con.execute("create table snapshots (body blob)")
    con.execute("insert into snapshots values (?)", (zlib.compress(identifier.encode()),))
    con.commit()
    con.close()
    places = {one.partition(" in ")[2] for one in hits(written_in(tmp_path), [identifier])}
    assert places == {"logs/run.log", "logs/page.html", "logs/event.json", "logs/runs.db:snapshots"}
