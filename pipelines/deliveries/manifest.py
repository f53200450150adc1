"""The manifest of a delivery: read it, and check that the files beside it are the files it speaks of."""

import codecs
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.contracts import FEEDS, KNOWN_MAJOR_VERSION, MANDATORY_FEEDS
from pipelines.errors import DeliveryError

MANIFEST = "manifest.json"
MODES = ("snapshot", "delta")
LARGEST_MANIFEST_BYTES = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class DeliveredFile:
    """One feed's file: its name, format (`csv` or `parquet`), rows and sha256 as the manifest says.

    In the store, `delivered_sha256` is that of the file as it came, before columns that the contract does not list and rows
    of erased patients were taken out of it; `n_unlisted_columns` counts the columns. `blocked` says why the file is not kept,
    and `drift` holds (kind, field, detail) of what its header has beyond the contract.
    """

    feed: str
    name: str
    format: str
    rows: int
    sha256: str
    delivered_sha256: str
    n_unlisted_columns: int = 0
    blocked: str = ""
    drift: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What a clinic says it sent."""

    clinic_code: str
    delivery_id: str
    schema_version: str
    mode: str
    is_simulated: bool
    files: tuple[DeliveredFile, ...]

    @property
    def delivery_key(self) -> str:
        """The delivery's identity by content: the same files under another name are the same delivery."""
        content = [
            self.clinic_code,
            self.schema_version,
            self.mode,
            sorted((f.feed, f.delivered_sha256) for f in self.files),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def n_rows(self) -> int:
        """Rows over all files, as the manifest says."""
        return sum(file.rows for file in self.files)

    @property
    def usable_files(self) -> tuple[DeliveredFile, ...]:
        """The files that are not blocked."""
        return tuple(file for file in self.files if not file.blocked)

    @property
    def files_in_words(self) -> str:
        """The feeds that came, those that are blocked in brackets."""
        return " ".join(f"({file.feed})" if file.blocked else file.feed for file in self.files)


def _refuse(found: str, remedy: str) -> DeliveryError:
    return DeliveryError(f"{MANIFEST}: {found}. {remedy}")


def read_manifest(folder: Path, *, is_in_store: bool = False) -> Manifest:
    """The manifest of the delivery in `folder`; raises DeliveryError, saying what is wrong and how to mend it.

    In the inbox the folder's own names must be those of the manifest; in the store a delivery is named by its content.
    """
    path = folder / MANIFEST
    if path.is_symlink() or path.stat().st_size > LARGEST_MANIFEST_BYTES:
        raise _refuse("it is a link or far too large", "Write it as a plain file")
    try:
        said = json.loads(path.read_bytes())
    except ValueError as error:
        raise _refuse("it is not JSON", "Write it again with the clinic's exporter") from error
    if not isinstance(said, dict) or not isinstance(said.get("files"), dict):
        raise _refuse(
            "it has no list of files", "It must hold schema_version, clinic_code, delivery_id, mode and files"
        )
    names = {}
    for field in ("clinic_code", "delivery_id", "schema_version", "mode"):
        if not isinstance(said.get(field), str) or not _NAME.fullmatch(said[field]):
            raise _refuse(f"{field} is missing or malformed", "Use letters, digits, dots, dashes and underscores")
        names[field] = said[field]
    _check_version(names["schema_version"])
    if names["mode"] not in MODES:
        raise _refuse("mode is neither snapshot nor delta", "Write one of the two")
    for field, expected in (("clinic_code", folder.parent.name), ("delivery_id", folder.name)):
        if names[field] != expected and not is_in_store:
            raise _refuse(
                f"{field} differs from the folder it lies in", "Put it under inbox/<clinic_code>/<delivery_id>"
            )
    files = tuple(_file(name, entry, is_in_store) for name, entry in sorted(said["files"].items()))
    feeds = [file.feed for file in files]
    if missing := [feed for feed in MANDATORY_FEEDS if feed not in feeds]:
        raise _refuse(
            f"it does not list {', '.join(missing)}", "Send the feed, with its header alone if it has no rows"
        )
    if len(set(feeds)) != len(feeds):
        raise _refuse("it lists a feed twice", "Send each feed as one CSV or one Parquet file")
    return Manifest(**names, is_simulated=said.get("simulated") is True, files=files)


def _check_version(version: str) -> None:
    if not re.fullmatch(r"\d{1,4}\.\d{1,4}\.\d{1,4}", version):
        raise _refuse("schema_version is not of the form 1.0.0", "Write the contract's version")
    if int(version.split(".", 1)[0]) != KNOWN_MAJOR_VERSION:
        raise _refuse(
            f"schema_version {version} has an unknown major number",
            f"This installation reads version {KNOWN_MAJOR_VERSION}; send that, or update Stepcare",
        )


def _file(name: str, entry: Any, is_in_store: bool) -> DeliveredFile:
    feed, _, extension = name.partition(".")
    if feed not in FEEDS or extension not in ("csv", "parquet"):
        raise _refuse("it lists a file that is no feed of the contract", "Leave it out of the delivery")
    if not isinstance(entry, Mapping) or not isinstance(entry.get("rows"), int) or entry["rows"] < 0:
        raise _refuse(f"{name} has no whole number of rows", "Write the number of data rows")
    if not isinstance(entry.get("sha256"), str) or not _SHA256.fullmatch(entry["sha256"].lower()):
        raise _refuse(f"{name} has no sha256", "Write the file's SHA-256 as 64 hex digits")
    sha256 = entry["sha256"].lower()
    return DeliveredFile(
        feed=feed,
        name=name,
        format=extension,
        rows=entry["rows"],
        sha256=sha256,
        delivered_sha256=entry.get("delivered_sha256", sha256) if is_in_store else sha256,
        n_unlisted_columns=entry.get("unlisted_columns", 0) if is_in_store else 0,
        blocked=entry.get("blocked", "") if is_in_store else "",
        drift=tuple(tuple(found) for found in entry.get("drift", ())) if is_in_store else (),
    )


def check_file(folder: Path, file: DeliveredFile) -> None:
    """Raise DeliveryError unless the file is there, is the one the manifest speaks of and, if CSV, is UTF-8."""
    path = folder / file.name
    if path.is_symlink() or not path.is_file():
        raise DeliveryError(f"{file.name}: the manifest lists it, but it is not there as a plain file. Send it again")
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")() if file.format == "csv" else None
    line_number = 1
    wrong_line = None
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
            if decoder and wrong_line is None:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    wrong_line = line_number + error.object[: error.start].count(b"\n")
                line_number += chunk.count(b"\n")
    if digest.hexdigest() != file.sha256:
        raise DeliveryError(
            f"{file.name}: its SHA-256 is not the one in the manifest, so it was cut short or changed on the way. "
            "Copy the delivery again, manifest last"
        )
    if wrong_line is not None:
        raise DeliveryError(
            f"{file.name}: line {wrong_line} is not UTF-8. Export it as UTF-8 (not latin-1 or Windows-1252)"
        )
