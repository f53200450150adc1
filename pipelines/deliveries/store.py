"""The store: every delivery that could be used, as it came, named by its content. The truth of an installation.

A kept delivery is a folder of read-only files. It changes in three cases only, each written down in its manifest: columns that
the contract does not list are taken out before it is kept, a file that must not stay is blocked, and a patient is erased.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterable, Mapping, MutableSet
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts import FEEDS
from pipelines.deliveries.erasure import find_doomed
from pipelines.deliveries.files import copy_regular
from pipelines.deliveries.limits import LARGEST_FILE_BYTES
from pipelines.deliveries.manifest import MANIFEST, DeliveredFile, Manifest, check_file, kept_manifest, read_manifest
from pipelines.deliveries.stripping import strip_file
from pipelines.deliveries.wholeness import sealed
from pipelines.errors import DeliveryError, UnreadableNow
from pipelines.warehouse import open_warehouse


def keep(folder: Path, place: Path, manifest: Manifest, erased: MutableSet[str]) -> None:
    """Copy a delivery to `place` in the store: written aside, checked there, synced, renamed, read-only.

    What is checked is the copy that is kept, and what must not be kept is taken out of it (`strip_file`; `erased` are the tags
    of erased patients' keys, and gets those of their new records). A file of a feed that need not be there is blocked alone
    when it cannot be used: the kept manifest says why. Raises DeliveryError when another file cannot be used.
    """
    if place.exists():
        return
    aside = _aside(place)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    try:
        (aside / MANIFEST).write_text(sealed(kept_manifest(manifest)), encoding="utf-8")
        _strip(folder, aside, manifest, erased)
    except (DeliveryError, OSError, duckdb.Error):
        shutil.rmtree(aside)
        raise
    seal(aside)
    sync(aside)
    aside.rename(place)
    sync(place.parent)


def _strip(folder: Path, aside: Path, manifest: Manifest, erased: MutableSet[str]) -> None:
    """Copy the files, block what cannot be used, take out what must not be kept, and write the kept manifest to match."""
    changes = {}
    for file in manifest.files:
        try:
            if changed := take_in(folder, aside, file):
                changes[file.name] = changed
        except DeliveryError as error:
            if FEEDS[file.feed].is_mandatory or isinstance(error, UnreadableNow):
                raise
            (aside / file.name).unlink(missing_ok=True)
            changes[file.name] = {"blocked": str(error)}
    note(aside, changes)
    if erased:
        with open_warehouse(":memory:", readable=(aside,)) as con:
            erased |= find_doomed(con, [(aside, read_manifest(aside, is_in_store=True))], erased)
            _strip_erased(con, aside)


def take_in(folder: Path, aside: Path, file: DeliveredFile) -> dict[str, Any]:
    """Copy one file of the delivery in `folder` to `aside`, check the copy, and take out of it what must not be kept.

    Returns what the kept manifest says of it from now on. Raises DeliveryError when it cannot be used.
    """
    copy_regular(folder / file.name, aside / file.name, LARGEST_FILE_BYTES)
    check_file(aside, file)
    return strip_file(aside, file)


def strip_all(store: Path, keys: Iterable[str], tags: Iterable[str]) -> dict[str, int]:
    """Take the rows of these erased keys (`erasure.tag_of`) out of the kept deliveries; returns how many went, where any did."""
    places = {key: store / key for key in keys}
    with open_warehouse(":memory:", readable=(store,)) as con:
        find_doomed(con, [(place, read_manifest(place, is_in_store=True)) for place in places.values()], tags)
        gone = {key: strip_patients(con, place) for key, place in places.items()}
    return {key: n_rows for key, n_rows in gone.items() if n_rows}


def strip_patients(con: duckdb.DuckDBPyConnection, place: Path) -> int:
    """Take the rows that `find_doomed` has marked in `con` out of the delivery kept at `place`; returns how many went.

    A whole new copy is made beside it and the two are swapped, so that a kill at any moment leaves one of them whole.
    """
    before = read_manifest(place, is_in_store=True)
    aside = _aside(place)
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(place, aside)
    n_gone = _strip_erased(con, aside)
    if not n_gone:
        shutil.rmtree(aside)
        return 0
    seal(aside)
    sync(aside)
    old = place.with_name(f".{before.delivery_key}.erased")
    place.rename(old)
    aside.rename(place)
    sync(place.parent)
    shutil.rmtree(old)
    sync(place.parent)
    return n_gone


def _strip_erased(con: duckdb.DuckDBPyConnection, folder: Path) -> int:
    before = read_manifest(folder, is_in_store=True)
    note(folder, {file.name: strip_file(folder, file, con) for file in before.usable_files})
    return before.n_rows - read_manifest(folder, is_in_store=True).n_rows


def heal_store(store: Path, kept: Collection[str]) -> None:
    """Finish what a kill left: what was to be erased or removed goes, and what was half made.

    `kept` are the keys of what the ledger says is kept: a delivery that was set aside before the ledger said why comes back.
    """
    for aside in store.glob(".*.removed"):
        place = store / aside.name.removeprefix(".").removesuffix(".removed")
        if place.name in kept and not place.exists():
            aside.rename(place)
        else:
            shutil.rmtree(aside)
    for old in store.glob(".*.erased"):
        place = store / old.name.removeprefix(".").removesuffix(".erased")
        if not place.exists():
            _aside(place).rename(place)
        shutil.rmtree(old)
    for aside in store.glob(".*.receiving"):
        shutil.rmtree(aside)
    if store.is_dir():
        sync(store)


def _aside(place: Path) -> Path:
    return place.with_name(f".{place.name}.receiving")


def note(place: Path, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Write into the kept manifest at `place` what changed of its files, by file name, whole or not at all, and seal it."""
    kept = json.loads((place / MANIFEST).read_bytes())
    for name, changed in changes.items():
        kept["files"][name] |= changed
    aside = place / f".{MANIFEST}"
    aside.unlink(missing_ok=True)  # of a night that was killed here, and read-only already
    aside.write_text(sealed(kept), encoding="utf-8")
    seal(place)
    aside.rename(place / MANIFEST)
    sync(place)


def block_file(place: Path, feed: str, reason: str) -> None:
    """Take the file of a feed out of the kept delivery at `place`, unless that is done; its manifest says why from now on."""
    (file,) = (file for file in read_manifest(place, is_in_store=True).files if file.feed == feed)
    if not file.blocked:
        note(place, {file.name: {"blocked": reason}})
    (place / file.name).unlink(missing_ok=True)
    sync(place)


def seal(place: Path) -> None:
    """Sync every file of a kept delivery to the disk and make it read-only."""
    for path in place.iterdir():
        with path.open("rb") as kept:
            os.fsync(kept.fileno())
        path.chmod(0o400)


def set_aside(place: Path) -> Path:
    """Take a delivery out of the store in one step; returns where it waits, until the ledger says why, to be removed."""
    aside = place.with_name(f".{place.name}.removed")
    shutil.rmtree(aside, ignore_errors=True)
    place.rename(aside)
    sync(place.parent)
    return aside


def remove(place: Path) -> None:
    """Remove a delivery from the disk."""
    shutil.rmtree(place)
    sync(place.parent)


def sync(place: Path) -> None:
    """Make what was written to the file `place`, or a rename in that folder, survive a power cut."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
