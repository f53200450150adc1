"""Published nights. Each is a folder written once (`warehouse.duckdb`, `reports/`, `generation.json`); `current` links to one.

A night is built in `work/<run>` and published by one swap of the link, so that readers never see half a night and a failed
night leaves the last good one.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.checksums import write_sums
from pipelines.deliveries.store import sync
from pipelines.settings import Settings

KEPT_GENERATIONS = 3  # and none older than 30 days: reliability.md, R-P8
KEPT_FOR = timedelta(days=30)
WAREHOUSE = "warehouse.duckdb"
REPORTS = "reports"
_RECORD = "generation.json"


@dataclass(frozen=True)
class Generation:
    """A published night and what it was made from. `made_at` is UTC, ISO 8601."""

    name: str
    run_id: str
    made_at: str
    night_key: str
    code_hash: str
    reading_hash: str
    data_hash: str
    is_simulated: bool


def current_generation(settings: Settings) -> Generation | None:
    """The published night, or None before the first."""
    return read_generation(settings.current) if (settings.current / _RECORD).is_file() else None


def read_generation(folder: Path) -> Generation:
    """The published night in `folder`, by its own record."""
    return Generation(**json.loads((folder / _RECORD).read_text(encoding="utf-8")))


def current_warehouse(settings: Settings) -> Path | None:
    """The published warehouse file, its links resolved (DuckDB tells instances apart by the resolved path), or None."""
    path = settings.current / WAREHOUSE
    return path.resolve() if path.is_file() else None


def publish(settings: Settings, folder: Path, generation: Generation) -> Path:
    """Make the finished night in `folder` the published one; returns its place. Nights that are kept no longer are removed.

    Everything is synced to disk before the link is swapped: after a power cut the link leads to a whole night.
    """
    (folder / _RECORD).write_text(json.dumps(asdict(generation), indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder / "spill", ignore_errors=True)
    write_sums(folder)
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.chmod(0o400)
        else:
            sync(path)
    sync(folder)
    settings.generations.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = settings.generations / generation.name
    if place.exists() and place.resolve() != settings.current.resolve():
        _take_out(settings, place)  # of the same second, by a night that was killed before its swap
    folder.rename(place)
    sync(settings.generations)
    link = settings.home / f".current.{generation.run_id}"
    link.unlink(missing_ok=True)
    link.symlink_to(place.relative_to(settings.home))
    link.rename(settings.current)
    sync(settings.home)
    remove_old(settings, datetime.now(UTC))
    return place


def published_at(name: str) -> datetime | None:
    """When the generation with this name was made (UTC), or None for a name that is not a generation's."""
    try:
        return datetime.strptime(name.split("-", 1)[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def next_moment(settings: Settings, now: datetime) -> datetime:
    """When a night that is published `now` counts as made: `now` to the second, or the second after the newest one there is.

    So names and times sort in the order of publishing also when the clock was set back.
    """
    places = settings.generations.iterdir() if settings.generations.is_dir() else ()
    newest = max(filter(None, (published_at(path.name) for path in places)), default=None)
    moment = now.replace(microsecond=0)
    return moment if newest is None or moment > newest else newest + timedelta(seconds=1)


def remove_old(settings: Settings, now: datetime, erased_at: datetime | None = None) -> list[str]:
    """Remove nights that are kept no longer: all but the published one and the two newest others that are 30 days old at most.

    Nights made before `erased_at`, when a patient was last erased, go too. Returns the names that were removed. Readers that
    have one open keep it.
    """
    if not settings.generations.is_dir() or not settings.current.is_dir():
        return []
    published = settings.current.resolve()
    places = sorted((path for path in settings.generations.iterdir() if path.resolve() != published), reverse=True)
    removed = []
    for number, path in enumerate(places):
        made_at = published_at(path.name)
        is_too_old = made_at is not None and (
            now - made_at > KEPT_FOR or (erased_at is not None and made_at <= erased_at)
        )
        if number >= KEPT_GENERATIONS - 1 or is_too_old:
            _take_out(settings, path)
            removed.append(path.name)
    return removed


def _take_out(settings: Settings, place: Path) -> None:
    """Remove a night, out of `generations` in one step first: what stands there is whole even when this is killed."""
    aside = settings.work / f"{place.name}.removed"
    settings.work.mkdir(exist_ok=True, mode=0o700)
    shutil.rmtree(aside, ignore_errors=True)
    place.rename(aside)
    shutil.rmtree(aside)


def clear_abandoned_work(settings: Settings, run_id: str = "") -> None:
    """Remove what nights that were killed left: half-built and half-removed ones, but not this run's own, and links."""
    for path in settings.work.iterdir() if settings.work.is_dir() else ():
        if path.name != run_id:
            shutil.rmtree(path, ignore_errors=True)
    for link in settings.home.glob(".current.*"):
        link.unlink()
