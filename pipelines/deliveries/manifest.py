"""The manifest of a delivery: read it, and check that the files beside it are the files it speaks of."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.contracts import FEEDS, KNOWN_MAJOR_VERSION, MANDATORY_FEEDS, SCHEMA_VERSION
from pipelines.deliveries.files import read_regular
from pipelines.deliveries.limits import CLINIC_CODE, DEEPEST_MANIFEST, LARGEST_MANIFEST_BYTES, MOST_ROWS, NAME
from pipelines.deliveries.records import check_csv
from pipelines.errors import DeliveryError, UnreadableNow

MANIFEST = "manifest.json"
MODES = ("snapshot", "delta")
_NAMES = {"clinic_code": CLINIC_CODE, "delivery_id": NAME, "schema_version": NAME, "mode": NAME}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMPRESSED = ("gz", "zip", "bz2", "xz", "zst", "7z", "tar")


@dataclass(frozen=True)
class DeliveredFile:
    """One feed's file: its name, format (`csv` or `parquet`), rows and sha256 as the manifest says.

    `delivered_sha256` is that of the file as it came, whatever the manifest says, and before columns that the contract does not
    list and rows of erased patients were taken out of it. `n_unlisted_columns` counts the columns. `blocked` says why the file
    is not kept, and `drift` holds (kind, field, detail) of what its header has beyond the contract.
    """

    feed: str
    name: str
    format: str
    rows: int
    sha256: str
    delivered_sha256: str
    version: str = SCHEMA_VERSION
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
    said = _read_json(folder / MANIFEST)
    if not isinstance(said, dict) or not isinstance(said.get("files"), dict):
        raise _refuse(
            "it has no list of files", "It must hold schema_version, clinic_code, delivery_id, mode and files"
        )
    names = {}
    for field, form in _NAMES.items():
        if not isinstance(said.get(field), str) or not form.fullmatch(said[field]):
            raise _refuse(
                f"{field} is missing or malformed",
                f"Use letters, digits, dots, dashes and underscores, at most {64 if form is CLINIC_CODE else 120}",
            )
        names[field] = said[field]
    _check_version(names["schema_version"])
    if names["mode"] not in MODES:
        raise _refuse("mode is neither snapshot nor delta", "Write one of the two")
    for field, expected in (("clinic_code", folder.parent.name), ("delivery_id", folder.name)):
        if names[field] != expected and not is_in_store:
            raise _refuse(
                f"{field} differs from the folder it lies in", "Put it under inbox/<clinic_code>/<delivery_id>"
            )
    files = tuple(
        _file(name, entry, names["schema_version"], is_in_store) for name, entry in sorted(said["files"].items())
    )
    feeds = [file.feed for file in files]
    if missing := [feed for feed in MANDATORY_FEEDS if feed not in feeds]:
        raise _refuse(
            f"it does not list {', '.join(missing)}", "Send the feed, with its header alone if it has no rows"
        )
    if len(set(feeds)) != len(feeds):
        raise _refuse("it lists a feed twice", "Send each feed as one CSV or one Parquet file")
    return Manifest(**names, is_simulated=said.get("simulated") is True, files=files)


def _read_json(path: Path) -> Any:
    """The manifest's content; raises DeliveryError for what is no JSON in UTF-8, or JSON that means two things."""
    try:
        content = read_regular(path, LARGEST_MANIFEST_BYTES)
    except FileNotFoundError:
        raise UnreadableNow(f"{MANIFEST}: it is no longer there. Write it last, once every file is complete") from None
    try:
        text = content.decode("utf-8-sig")
        if _is_too_deep(text):
            raise _refuse(
                f"it nests more than {DEEPEST_MANIFEST} brackets", "Write it again with the clinic's exporter"
            )
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _refuse("it is not JSON", "Write it again with the clinic's exporter, in UTF-8") from None


def _is_too_deep(text: str) -> bool:
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", _TEXT.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > DEEPEST_MANIFEST:
            return True
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _refuse("it says something twice", "Name each field and each file once")
    return found


def _no_number(constant: str) -> None:
    raise ValueError(constant)


def _check_version(version: str) -> None:
    if not re.fullmatch(r"\d{1,4}\.\d{1,4}\.\d{1,4}", version):
        raise _refuse("schema_version is not of the form 1.0.0", "Write the contract's version")
    if int(version.split(".", 1)[0]) != KNOWN_MAJOR_VERSION:
        raise _refuse(
            f"schema_version {version} has an unknown major number",
            f"This installation reads version {KNOWN_MAJOR_VERSION}; send that, or update Stepcare",
        )


def _file(name: str, entry: Any, version: str, is_in_store: bool) -> DeliveredFile:
    feed, _, extension = name.partition(".")
    if feed in FEEDS and extension.rpartition(".")[2] in _COMPRESSED:
        raise _refuse(
            f"it lists a compressed file of {feed}", f"Send {feed}.csv or {feed}.parquet itself, not compressed"
        )
    if feed not in FEEDS or extension not in ("csv", "parquet"):
        raise _refuse("it lists a file that is no feed of the contract", "Leave it out of the delivery")
    rows = entry.get("rows") if isinstance(entry, Mapping) else None
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise _refuse(f"{name} has no whole number of rows", "Write the number of data rows")
    if rows > MOST_ROWS:
        raise _refuse(f"{name} would have more than {MOST_ROWS:,} rows", "Send what is new as a delta")
    if not isinstance(entry.get("sha256"), str) or not _SHA256.fullmatch(entry["sha256"].lower()):
        raise _refuse(f"{name} has no sha256", "Write the file's SHA-256 as 64 hex digits")
    sha256 = entry["sha256"].lower()
    return DeliveredFile(
        version=version,
        feed=feed,
        name=name,
        format=extension,
        rows=rows,
        sha256=sha256,
        delivered_sha256=entry.get("delivered_sha256", sha256) if is_in_store else sha256,
        n_unlisted_columns=entry.get("unlisted_columns", 0) if is_in_store else 0,
        blocked=entry.get("blocked", "") if is_in_store else "",
        drift=tuple(tuple(found) for found in entry.get("drift", ())) if is_in_store else (),
    )


def kept_manifest(manifest: Manifest) -> dict[str, Any]:
    """What the store keeps of a manifest as delivered: what Stepcare reads of it, and nothing else that may stand in it."""
    return {
        "schema_version": manifest.schema_version,
        "clinic_code": manifest.clinic_code,
        "delivery_id": manifest.delivery_id,
        "mode": manifest.mode,
        "files": {
            file.name: {"rows": file.rows, "sha256": file.sha256, "delivered_sha256": file.delivered_sha256}
            for file in manifest.files
        },
        **({"simulated": True} if manifest.is_simulated else {}),
    }


def check_file(folder: Path, file: DeliveredFile) -> None:
    """Raise DeliveryError unless the file is there and is the one the manifest speaks of, with rows that can be read.

    What is checked lies in the store: a copy that nobody else writes to.
    """
    path = folder / file.name
    if path.is_symlink() or not path.is_file():
        raise DeliveryError(f"{file.name}: the manifest lists it, but it is not there as a plain file. Send it again")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != file.sha256:
        raise DeliveryError(
            f"{file.name}: its SHA-256 is not the one in the manifest, so it was cut short or changed on the way. "
            "Copy the delivery again, manifest last"
        )
    if file.format == "csv":
        check_csv(path, file.rows)
    else:
        from pipelines.deliveries.parquet import check_parquet  # Arrow: not on a clinic's machine

        check_parquet(path, file.rows)
