"""The shelves of an installation: `reports/<clinic>/<period>/v<n>/`, filled from the published night and never changed.

A night makes the editions that are due into its own folder; they are published with it by the one swap, and then filed here. A
kill between the two loses nothing: whatever comes next files what is missing, from the same published night.
"""

import json
import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from pipelines.deliveries.store import sync
from pipelines.reporting.documents.figures import changes_between, figures_of
from pipelines.reporting.editions import NUMBERS, AnyReport, EditionOf
from pipelines.reporting.model import Stamp
from pipelines.reporting.periods import Edition, ended_before, period_of
from pipelines.reporting.shelf_names import NETWORK
from pipelines.reporting.shelves import newest_edition, write_shelves
from pipelines.settings import Settings

PERIODS = "periods"
"""The folder of a night with the editions that it made."""

CORRECTIONS = "corrections.json"
"""In the home: the periods that an operator asked to correct, with the reason; in a night's folder: those it looked at."""

_DUE = ".index-is-due"


def today(settings: Settings, now: datetime | None = None) -> date:
    """The date in the clinics' zone."""
    return (now or datetime.now(UTC)).astimezone(ZoneInfo(settings.timezone)).date()


def editions_due(settings: Settings, day: date) -> tuple[Edition, ...]:
    """The first editions that a night on this day has to make: of the last week and month, when nothing is filed for them."""
    shelf = settings.reports / NETWORK
    return tuple(Edition.first(period) for period in ended_before(day) if not (shelf / period.name).is_dir())


def stamp_for(stamp: Stamp, edition: Edition, timezone: str) -> Stamp:
    """The stamp of an edition: the end of its period stands for the moment and the run, so that it can be made again."""
    period = period_of(edition.period)
    if period is None:
        raise ValueError(f"{edition.period} is no period")
    return stamp.model_copy(update={"made_at": period.ended_at(timezone), "run_id": edition.period})


def corrections_asked(settings: Settings) -> dict[str, str]:
    """The periods that are to be corrected, with the reason of each."""
    path = settings.home / CORRECTIONS
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def write_corrections(path: Path, asked: dict[str, str]) -> None:
    """Write which periods are to be corrected, in one step."""
    aside = path.with_name(f".{path.name}.writing")
    with aside.open("w", encoding="utf-8") as file:
        json.dump(asked, file, indent=2, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    sync(path.parent)


def correction_of(settings: Settings, period: str, because: str) -> EditionOf:
    """Gives for a report its next version for the period when it says something else than the last one, else None."""

    def edition_of(report: AnyReport) -> Edition | None:
        found, known = newest_edition(settings.reports / report.shelf / period), period_of(period)
        if known is None:
            return None
        if found is None:
            return Edition.first(known)
        version, place = found
        changes = _changes(place / NUMBERS, report)
        if not changes:
            return None
        return Edition.first(known).model_copy(update={"version": version + 1, "because": because, "changes": changes})

    return edition_of


def _changes(numbers: Path, report: AnyReport) -> tuple[str, ...]:
    try:
        before = type(report).model_validate_json(numbers.read_text(encoding="utf-8"))
    except ValidationError:
        return ("the report is made by a newer version of Stepcare, whose reports have other fields",)
    return changes_between(figures_of(before), figures_of(report))


def file_editions(settings: Settings) -> list[Path]:
    """File what the published night made and is not on the shelves yet; returns the new folders. Safe at any time, by one process.

    Each edition is put there in one step, synced before, and then the index pages are made anew.
    """
    made = settings.current / PERIODS
    shelves = settings.reports
    missing = [
        place
        for place in sorted(made.glob("*/*/v*") if made.is_dir() else ())
        if not (shelves / place.relative_to(made)).is_dir()
    ]
    if missing:
        shelves.mkdir(exist_ok=True, mode=0o700)
        (shelves / _DUE).touch()
    filed = [_file_one(place, shelves / place.relative_to(made)) for place in missing]
    if (shelves / _DUE).exists():
        write_shelves(shelves)
        sync(shelves)
        (shelves / _DUE).unlink()
    _forget_corrections(settings, made / CORRECTIONS)
    return filed


def _file_one(place: Path, target: Path) -> Path:
    aside = target.with_name(f".{target.name}.filing")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(place, aside, copy_function=_linked)
    for folder in (aside, *(path for path in aside.rglob("*") if path.is_dir())):
        sync(folder)
    aside.rename(target)
    for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
        sync(folder)
    return target


def _linked(source: str, target: str) -> None:
    os.link(source, target)


def _forget_corrections(settings: Settings, looked_at: Path) -> None:
    """Take away what the published night was asked and looked at."""
    asked = corrections_asked(settings)
    if not asked or not looked_at.is_file():
        return
    done = json.loads(looked_at.read_text(encoding="utf-8"))
    left = {period: because for period, because in asked.items() if done.get(period) != because}
    if left != asked:
        write_corrections(settings.home / CORRECTIONS, left)
