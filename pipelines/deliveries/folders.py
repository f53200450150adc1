"""The deliveries of an inbox, found by looking at folders alone: no file is opened, no link followed, no odd name repeated.

A folder whose name is no clinic's code or no delivery's identifier may be called after a patient: it is known by a hash of its
name, and people are told which one it is by its place.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from re import Pattern

from pipelines.deliveries.limits import CLINIC_CODE, MOST_FILES_OF_A_FOLDER, NAME
from pipelines.deliveries.manifest import MANIFEST
from pipelines.errors import UsageError
from pipelines.privacy.identifiers import folder_kinds

NO_DELIVERY = "(folder)"
"""Stands for the delivery where the clinic's own folder cannot be looked into; no delivery can have this name."""

_MASK = "unnamed-"


@dataclass(frozen=True)
class Found:
    """A delivery's folder in the inbox. `fingerprint` changes when a file's name, size or time of change does.

    `refusal` says why the folder cannot be a delivery, whatever lies in it; empty when it can.
    """

    clinic_code: str
    delivery_id: str
    folder: Path
    fingerprint: str
    is_complete: bool
    refusal: str = ""


@dataclass(frozen=True)
class _Folder:
    path: Path
    name: str
    refusal: str


def is_masked(found: str) -> bool:
    """Whether this stands in the ledger for a folder that has no usable name, or cannot be looked into."""
    return found.startswith(_MASK) or found == NO_DELIVERY


def look(inbox: Path) -> Iterator[Found]:
    """Every delivery folder `inbox/<clinic>/<delivery>`, by name; hidden folders are passed over, and so are files.

    A link, an odd name, too many files or a folder that the machine does not let us read is found with its refusal.
    """
    if not inbox.is_dir():
        return
    for clinic in _folders(inbox, CLINIC_CODE, "the inbox", 64):
        try:
            deliveries = (
                [] if clinic.path.is_symlink() else _folders(clinic.path, NAME, f"the clinic {clinic.name}", 120)
            )
        except OSError as error:
            yield _refused(clinic.name, NO_DELIVERY, clinic.path, _unreadable(error))
            continue
        if clinic.path.is_symlink():
            yield _refused(clinic.name, NO_DELIVERY, clinic.path, clinic.refusal)
        for delivery in deliveries:
            yield _found(clinic, delivery)


def look_at(folder: Path) -> Found:
    """The delivery whose folder is `<clinic>/<delivery>` = `folder`, as `look` finds it; raises UsageError where there is none."""
    place = folder.absolute()
    try:
        clinics = [
            one for one in _folders(place.parent.parent, CLINIC_CODE, "the inbox", 64) if one.path == place.parent
        ]
        deliveries = [one for one in _folders(place.parent, NAME, "the clinic's folder", 120) if one.path == place]
    except OSError as error:
        raise UsageError(f"the folders above {place.name} could not be read ({error.strerror})") from None
    if not clinics or not deliveries:
        raise UsageError("there is no delivery. Name a folder <clinic>/<delivery> that is not hidden")
    return _found(clinics[0], deliveries[0])


def _found(clinic: _Folder, delivery: _Folder) -> Found:
    if refusal := clinic.refusal or delivery.refusal:
        return _refused(clinic.name, delivery.name, delivery.path, refusal)
    try:
        with os.scandir(delivery.path) as entries:
            shown = (entry for entry in entries if not entry.name.startswith("."))
            files = sorted(
                (os.fsencode(entry.name), entry.stat(follow_symlinks=False))
                for entry in islice(shown, MOST_FILES_OF_A_FOLDER + 1)
            )
    except OSError as error:
        return _refused(clinic.name, delivery.name, delivery.path, _unreadable(error))
    seen = [(os.fsdecode(name), stat.st_size, stat.st_mtime_ns) for name, stat in files]
    too_many = f"its folder holds more than {MOST_FILES_OF_A_FOLDER} files. Send the feeds and manifest.json alone"
    return Found(
        clinic_code=clinic.name,
        delivery_id=delivery.name,
        folder=delivery.path,
        fingerprint=_hash(repr(seen).encode()),
        is_complete=any(name == MANIFEST for name, _, _ in seen),
        refusal=too_many if len(files) > MOST_FILES_OF_A_FOLDER else "",
    )


def _refused(clinic_code: str, delivery_id: str, path: Path, refusal: str) -> Found:
    return Found(clinic_code, delivery_id, path, _hash(refusal.encode()), is_complete=True, refusal=refusal)


def _folders(parent: Path, form: Pattern[str], place: str, longest: int) -> list[_Folder]:
    """The folders in `parent`, and the links where a folder belongs, by name, each with what is wrong with it."""
    with os.scandir(parent) as entries:
        shown = [
            entry for entry in entries if not entry.name.startswith(".") and (entry.is_symlink() or entry.is_dir())
        ]
        found = sorted((os.fsencode(entry.name), Path(entry), entry.is_symlink()) for entry in shown)
    folders = []
    names = [path.name if form is NAME and form.fullmatch(path.name) else "" for _, path, _ in found]
    kinds = folder_kinds(names)
    for number, ((name, path, is_link), kind) in enumerate(zip(found, kinds, strict=True), start=1):
        which = f"folder {number} of {len(found)} in {place} (in the order of LC_ALL=C ls)"
        if not form.fullmatch(path.name):
            refusal = (
                f"{which} has a name that is no code. Call it by letters, digits, dots, dashes and underscores, at most "
                f"{longest}; a patient's name must not be in it"
            )
            folders.append(_Folder(path, f"{_MASK}{_hash(name)[:12]}", refusal))
        elif kind:
            refusal = f"{which} has a name that looks like {kind}. Call it by the day of the delivery or by a number"
            folders.append(_Folder(path, f"{_MASK}{_hash(name)[:12]}", refusal))
        else:
            refusal = f"{which} is a link. Put the folder itself there" if is_link else ""
            folders.append(_Folder(path, path.name, refusal))
    return folders


def _unreadable(error: OSError) -> str:
    return f"its folder could not be read ({error.strerror}). Look at its access rights; the next night tries again"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
