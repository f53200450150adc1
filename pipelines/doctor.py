"""Examine an installation: each finding says what was looked at, whether it is well, and what to do when it is not."""

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from pipelines.deliveries.inbox import look
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.manifest import check_file, read_manifest
from pipelines.errors import DeliveryError
from pipelines.generations import current_generation, current_warehouse
from pipelines.provenance import ROOT
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

SMALLEST_FREE_GIGABYTES = 2.0
_NEEDED = ("dagster", "dagster-webserver", "duckdb", "great-expectations", "pandas", "scikit-learn")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_well: bool
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order in which a person would mend them."""
    return [*_python(), *_folders(settings), *_ledger(settings), *_published(settings), *_inbox(settings)]


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


def _folders(settings: Settings) -> Iterator[Finding]:
    place = settings.home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    yield Finding(
        f"{free:.1f} GB free where {settings.home} lies",
        free >= SMALLEST_FREE_GIGABYTES,
        f"free some space: a night needs at least {SMALLEST_FREE_GIGABYTES:.0f} GB",
    )
    if settings.home.exists():
        mode = settings.home.stat().st_mode & 0o077
        yield Finding(
            f"{settings.home} is closed to others", mode == 0, f"chmod 700 {settings.home}: patient records lie in it"
        )


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
    kept = sorted(
        {entry.delivery_key for entry in entries if entry.delivery_key}
    )
    spoilt = [key for key in kept if not _is_whole(settings.store / key)]
    yield Finding(
        f"{len(kept) - len(spoilt)} of {len(kept)} deliveries in the store are whole",
        not spoilt,
        f"restore from the backup: {', '.join(key[:12] for key in spoilt)}",
    )


def _is_whole(folder: Path) -> bool:
    try:
        for file in read_manifest(folder, is_in_store=True).files:
            check_file(folder, file)
    except (DeliveryError, OSError):
        return False
    return True


def _published(settings: Settings) -> Iterator[Finding]:
    generation = current_generation(settings)
    if generation is None:
        yield Finding("nothing has been published yet: run `stepcare nightly`", True)
        return
    path = current_warehouse(settings)
    opens = path is not None and _is_fine(lambda: _read_one(path))
    yield Finding(
        f"published: {generation.name}", opens, "the warehouse does not open: run `stepcare nightly` to make it again"
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
