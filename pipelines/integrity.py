"""Whether every bit that is kept is still what was written: the store by its manifests, published nights by their sums.

A night looks at a twentieth of the files, another one each day, so that in twenty days each was looked at; at all of them when
that was last done a week ago. What is spoilt is named with the remedy. A delivery that is spoilt does not stop a night that
does not need its copy (it takes over what the published night read of it); one that must be read does
(`pipelines.deliveries.raw`), since to publish without it would lose its records. A published night that is spoilt is not built
upon and is made again.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.checksums import files_of, is_as_written, read_sums, spoilt_files
from pipelines.deliveries.ledger import open_ledger
from pipelines.deliveries.wholeness import kept_sums, spoilt_in_delivery
from pipelines.errors import DeliveryError
from pipelines.settings import Settings

DAYS_OF_A_ROUND = 20  # 5 % each night and all of it once a week: reliability.md, R-F2
ALL_EVERY = timedelta(days=7)
_RECORD = "verified.json"


@dataclass(frozen=True)
class Spoilt:
    """A delivery or a published night with files that are not what was written, and what to do; `place` is below the home."""

    place: str
    files: tuple[str, ...]
    remedy: str

    @property
    def in_words(self) -> str:
        """One line for a person."""
        named = ", ".join(self.files[:3]) + (f" and {len(self.files) - 3} more" if len(self.files) > 3 else "")
        return f"{self.place}: {named}: not what was written. {self.remedy}"


@dataclass(frozen=True)
class Verified:
    """How many files were looked at, whether that was all of them, and what is spoilt."""

    n_files: int
    is_all: bool
    spoilt: tuple[Spoilt, ...]

    def is_in_published(self, settings: Settings) -> bool:
        """Whether the night that is published now is among what is spoilt."""
        return any((settings.home / found.place).resolve() == settings.current.resolve() for found in self.spoilt)

    def in_store(self) -> list[Spoilt]:
        """What of it are kept deliveries."""
        return [found for found in self.spoilt if found.place.startswith("store/")]


def verify_all(settings: Settings) -> Verified:
    """Look at every file of every kept delivery and published night, and for deliveries that are gone altogether."""
    spoilt = [_spoilt(settings, folder, ["the whole folder"]) for folder in _lost(settings)]
    n_files = 0
    for folders, find in ((_deliveries(settings), spoilt_in_delivery), (_nights(settings), spoilt_files)):
        for folder in folders:
            n_files += len(files_of(folder))
            if found := find(folder):
                spoilt.append(_spoilt(settings, folder, found))
    return Verified(n_files, is_all=True, spoilt=tuple(spoilt))


def verify_sample(settings: Settings, day: date) -> Verified:
    """Look at the day's twentieth of the files, one at least, and for deliveries that are gone altogether."""
    spoilt = [_spoilt(settings, folder, ["the whole folder"]) for folder in _lost(settings)]
    folders = [*_deliveries(settings), *_nights(settings)]
    names = [str((folder / name).relative_to(settings.home)) for folder in folders for name in files_of(folder)]
    chosen = due(names, day)
    by_folder: dict[Path, list[str]] = {}
    for name in chosen:
        top, key, inside = name.split("/", 2)
        by_folder.setdefault(settings.home / top / key, []).append(inside)
    for folder, inside_names in by_folder.items():
        sums = _sums_of(folder, kept_sums if folder.parent == settings.store else read_sums)
        if sums is None:
            spoilt.append(_spoilt(settings, folder, ["its list of files"]))
        elif wrong := [name for name in inside_names if name in sums and not is_as_written(folder / name, sums[name])]:
            spoilt.append(_spoilt(settings, folder, wrong))
    return Verified(len(chosen), is_all=False, spoilt=tuple(spoilt))


def verify_tonight(settings: Settings, now: datetime) -> Verified:
    """All of it when that was last done a week ago or more (or never), else the day's part."""
    record = settings.home / _RECORD
    try:
        since = now.date() - date.fromisoformat(json.loads(record.read_text(encoding="utf-8"))["all_on"])
    except (OSError, ValueError, KeyError, TypeError):
        since = ALL_EVERY
    if timedelta() <= since < ALL_EVERY:
        return verify_sample(settings, now.date())
    found = verify_all(settings)
    aside = record.with_suffix(".aside")
    aside.write_text(json.dumps({"all_on": now.date().isoformat()}) + "\n", encoding="utf-8")
    aside.replace(record)
    return found


def due(names: Iterable[str], day: date) -> list[str]:
    """The names whose turn it is on this day: by their hash, so that each comes once in twenty days; the next one if none is."""
    waits = {
        name: (int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) - day.toordinal()) % DAYS_OF_A_ROUND
        for name in names
    }
    shortest = min(waits.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return sorted(name for name, wait in waits.items() if wait == 0) or [shortest[0]] * bool(waits)


def _sums_of(folder: Path, read: Callable[[Path], dict[str, str] | None]) -> dict[str, str] | None:
    try:
        return read(folder)
    except (ValueError, OSError, DeliveryError):
        return None


def _deliveries(settings: Settings) -> list[Path]:
    return _folders(settings.store)


def _nights(settings: Settings) -> list[Path]:
    return _folders(settings.generations)


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def _lost(settings: Settings) -> list[Path]:
    """The folders of deliveries that the ledger says are kept and that are not there."""
    if not settings.ledger.is_file():
        return []
    with open_ledger(settings.ledger) as ledger:
        keys = {entry.delivery_key for entry in ledger.entries() if entry.delivery_key}
    return [settings.store / key for key in sorted(keys) if not (settings.store / key).is_dir()]


def _spoilt(settings: Settings, folder: Path, files: list[str]) -> Spoilt:
    place = str(folder.relative_to(settings.home))
    if folder.parent == settings.store:
        remedy = f"Restore the last backup into a new folder and put its {place} in the place of this one"
    elif folder.resolve() == settings.current.resolve():
        remedy = "It is made again by `stepcare rebuild --from-store`"
    else:
        remedy = f"It is an older night that nothing reads: chmod -R u+w {place} && rm -r {place}, in the home"
    return Spoilt(place, tuple(files), remedy)
