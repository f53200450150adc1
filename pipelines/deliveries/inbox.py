"""Look into the inbox, verify what is new and keep it in the store. Looking is cheap: files already judged are not read again."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.deliveries.ledger import Entry, Ledger
from pipelines.deliveries.manifest import MANIFEST, read_manifest
from pipelines.deliveries.store import heal_store, keep
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

    Returns the entries that are new this time, in order. A delivery that cannot be used is quarantined with a reason and the
    others go on; one whose content is known already is a duplicate and changes nothing.
    """
    heal_store(store)
    new = []
    judged = ledger.judged(reading_hash())
    known = {
        entry.delivery_key: entry for entry in ledger.entries() if entry.delivery_key and entry.state != "duplicate"
    }
    erased = {erasure.patient_tag for erasure in ledger.erasures()}
    for found in look(inbox):
        if (found.clinic_code, found.delivery_id, found.fingerprint) in judged:
            continue
        entry = replace(_judge(found, store, known, erased), judged_by=reading_hash())
        ledger.record(entry)
        if entry.delivery_key and entry.state != "duplicate":
            known[entry.delivery_key] = entry
        new.append(entry)
        say(f"{entry.name}: {entry.state}{': ' if entry.reason else ''}{entry.reason}")
    return new


def _judge(found: Found, store: Path, known: dict[str, Entry], erased: Collection[str]) -> Entry:
    entry = Entry(found.clinic_code, found.delivery_id, found.fingerprint, "seen")
    if not found.is_complete:
        return replace(
            entry,
            state="incomplete",
            reason="manifest.json is missing, so the delivery is not complete. It is written last; nothing was loaded",
        )
    try:
        manifest = read_manifest(found.folder)
        entry = replace(entry, mode=manifest.mode, n_rows=manifest.n_rows, files=manifest.files_in_words)
        if earlier := known.get(manifest.delivery_key):
            return replace(
                entry,
                state="duplicate",
                delivery_key=manifest.delivery_key,
                reason=f"the same content came as {earlier.delivery_id} ({earlier.state}); nothing was changed",
            )
        place = store / manifest.delivery_key
        keep(found.folder, place, manifest, erased)
        kept = read_manifest(place, is_in_store=True)
    except DeliveryError as error:
        return replace(entry, state="quarantined", reason=str(error))
    except OSError as error:
        return replace(entry, state="quarantined", reason=f"a file could not be read ({error.strerror}). Send it again")
    reason = " ".join(file.blocked for file in kept.files if file.blocked)
    return replace(entry, delivery_key=kept.delivery_key, n_rows=kept.n_rows, files=kept.files_in_words, reason=reason)
