"""Look into the inbox, verify what is new and keep it in the store. Looking is cheap: files already judged are not read again."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.deliveries.ledger import Entry, Ledger
from pipelines.deliveries.manifest import MANIFEST, Manifest, check_file, read_manifest
from pipelines.deliveries.stripping import keep_listed_columns
from pipelines.errors import DeliveryError
from pipelines.provenance import reading_hash


@dataclass(frozen=True)
class Found:
    """A delivery's folder in the inbox. `fingerprint` changes when a file's name, size or time of change does."""

    clinic_code: str
    delivery_id: str
    folder: Path
    fingerprint: str
    is_complete: bool


def look(inbox: Path) -> Iterator[Found]:
    """Every delivery folder `inbox/<clinic>/<delivery>`, by name; hidden folders and links are passed over."""
    for clinic in _folders(inbox):
        for folder in _folders(clinic):
            files = sorted(
                (entry.name, entry.stat(follow_symlinks=False))
                for entry in os.scandir(folder)
                if not entry.name.startswith(".")
            )
            seen = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in files]
            yield Found(
                clinic_code=clinic.name,
                delivery_id=folder.name,
                folder=folder,
                fingerprint=hashlib.sha256(repr(seen).encode()).hexdigest(),
                is_complete=any(name == MANIFEST for name, _ in files),
            )


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    entries = [Path(entry) for entry in os.scandir(parent) if entry.is_dir(follow_symlinks=False)]
    return sorted(path for path in entries if not path.name.startswith("."))


def receive(inbox: Path, store: Path, ledger: Ledger, say: Callable[[str], None] = lambda _: None) -> list[Entry]:
    """Judge every delivery of the inbox that the ledger does not know yet and keep the good ones in the store.

    Returns the entries that are new this time, in order. A delivery that cannot be read is refused with a reason and the
    others go on; one whose content is known already is a duplicate and changes nothing.
    """
    new = []
    judged = ledger.judged(reading_hash())
    for found in look(inbox):
        if (found.clinic_code, found.delivery_id, found.fingerprint) in judged:
            continue
        entry = replace(_judge(found, store, ledger), judged_by=reading_hash())
        ledger.record(entry)
        new.append(entry)
        say(f"{entry.clinic_code}/{entry.delivery_id}: {entry.state}{': ' if entry.reason else ''}{entry.reason}")
    return new


def _judge(found: Found, store: Path, ledger: Ledger) -> Entry:
    entry = Entry(found.clinic_code, found.delivery_id, found.fingerprint, "received")
    if not found.is_complete:
        return replace(
            entry,
            state="incomplete",
            reason="manifest.json is missing, so the delivery is not complete. It is written last; nothing was loaded",
        )
    try:
        manifest = read_manifest(found.folder)
        for known in ledger.entries():
            if known.delivery_key == manifest.delivery_key and known.state in ("received", "loaded"):
                return replace(
                    entry,
                    state="duplicate",
                    delivery_key=manifest.delivery_key,
                    reason=f"the same content came as {known.delivery_id}; nothing was changed",
                )
        keep(found.folder, store / manifest.delivery_key, manifest)
    except DeliveryError as error:
        return replace(entry, state="refused", reason=str(error))
    except OSError as error:
        return replace(entry, state="refused", reason=f"a file could not be read ({error.strerror}). Send it again")
    return replace(entry, delivery_key=manifest.delivery_key, n_rows=manifest.n_rows)


def keep(folder: Path, place: Path, manifest: Manifest) -> None:
    """Copy a delivery to `place` in the store: written aside, checked there, synced, renamed, read-only.

    What is checked is the copy that is kept, and columns that the contract does not list are taken out of it. Raises
    DeliveryError when it is not what the manifest says, or its header is not the contract's.
    """
    if place.exists():
        return
    aside = place.with_name(f".{place.name}.receiving")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    try:
        for name in (MANIFEST, *(file.name for file in manifest.files)):
            if (folder / name).is_file() and not (folder / name).is_symlink():
                shutil.copyfile(folder / name, aside / name)
        for file in manifest.files:
            check_file(aside, file)
        keep_listed_columns(aside, manifest)
    except (DeliveryError, OSError):
        shutil.rmtree(aside)
        raise
    for path in aside.iterdir():
        with path.open("rb") as kept:
            os.fsync(kept.fileno())
        path.chmod(0o400)
    aside.rename(place)
    sync_folder(place.parent)


def remove(place: Path) -> None:
    """Take a delivery out of the store."""
    shutil.rmtree(place)
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
