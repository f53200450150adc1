"""Examine an installation: each finding says what was looked at, whether it is well, and what to do when it is not."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from pipelines.at_rest import Machine, this_machine
from pipelines.deliveries.folders import look
from pipelines.deliveries.ledger import open_ledger
from pipelines.doctor_home import look_at_home
from pipelines.finding import Finding
from pipelines.generations import current_generation, current_warehouse
from pipelines.integrity import verify_all
from pipelines.provenance import ROOT
from pipelines.reporting.editions import spoilt_in
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

_NEEDED = ("dagster", "dagster-webserver", "duckdb", "great-expectations", "pandas", "pyrage", "scikit-learn")


def examine(
    settings: Settings, *, accept_plaintext: bool = False, machine: Machine | None = None, now: datetime | None = None
) -> list[Finding]:
    """Every finding, in the order in which a person would mend them.

    `accept_plaintext` answers for a disk that is not encrypted; `machine` and `now` are those that this runs on.
    """
    return [
        *_python(),
        *look_at_home(settings, machine or this_machine(), now or datetime.now(UTC), accept_plaintext=accept_plaintext),
        *_ledger(settings),
        *_published(settings),
        *_filed(settings),
        *_inbox(settings),
    ]


def _python() -> Iterator[Finding]:
    running = ".".join(map(str, sys.version_info[:3]))
    yield Finding(f"Python {running}", sys.version_info >= (3, 11), "install Python 3.11 or later and run `make setup`")
    for library in _NEEDED:
        try:
            yield Finding(f"{library} {version(library)}", True)
        except PackageNotFoundError:
            yield Finding(library, False, "it is not installed: run `make setup`")
    for part in ("sql/clean/intake.sql", "dagster.yaml"):
        yield Finding(f"{part} is there", (ROOT / part).is_file(), "the installation is incomplete: install it again")


def _ledger(settings: Settings) -> Iterator[Finding]:
    if not settings.ledger.exists():
        return
    try:
        with open_ledger(settings.ledger) as ledger:
            entries = ledger.entries()
    except sqlite3.DatabaseError:
        yield Finding("the ledger opens", False, f"restore {settings.ledger} from its backup")
        return
    yield Finding(f"the ledger knows {len(entries)} deliveries", True)
    verified = verify_all(settings)
    yield Finding(f"{verified.n_files:,} kept files were looked at, bit by bit", is_well=True)
    for found in verified.spoilt:
        yield Finding(f"{found.place} is not what was written ({', '.join(found.files[:3])})", False, found.remedy)


def _published(settings: Settings) -> Iterator[Finding]:
    generation = current_generation(settings)
    if generation is None:
        yield Finding("nothing has been published yet: run `stepcare nightly`", True)
        return
    path = current_warehouse(settings)
    opens = path is not None and _is_fine(lambda: _read_one(path))
    yield Finding(
        f"published: {generation.name}",
        opens,
        "the warehouse does not open: `stepcare rebuild --from-store` makes it again",
    )


def _filed(settings: Settings) -> Iterator[Finding]:
    """The reports of weeks and months, each by its manifest."""
    places = sorted(settings.reports.glob("*/*/v*")) if settings.reports.is_dir() else []
    spoilt = [place for place in places if spoilt_in(place)]
    if places:
        yield Finding(
            f"{len(places) - len(spoilt):,} of {len(places):,} filed reports are what was filed",
            not spoilt,
            f"{spoilt[0].relative_to(settings.home)} was changed: restore it from a backup" if spoilt else "",
        )


def _read_one(path: Path) -> None:
    with open_warehouse(path, read_only=True) as con:
        con.execute("select count(*) from estimates.effects").fetchall()


def _is_fine(action: Callable[[], None]) -> bool:
    try:
        action()
    except duckdb.Error:
        return False
    return True


def _inbox(settings: Settings) -> Iterator[Finding]:
    if not settings.inbox.is_dir():
        yield Finding(
            f"inbox {settings.inbox}", False, "make the folder, or set STEPCARE_INBOX to where deliveries arrive"
        )
        return
    waiting = [found for found in look(settings.inbox) if not found.is_complete]
    yield Finding(
        f"inbox {settings.inbox}: every delivery has its manifest",
        not waiting,
        f"{len(waiting)} without manifest.json: wait until the clinic has finished, or ask for it again",
    )
