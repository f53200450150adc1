"""The resources of FHIR files, streamed: NDJSON (bulk export), Bundles and single resources, plain or gzip.

One bad line does not stop the others: it is counted by reason. A line or Bundle is held in memory alone, up to a limit.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import orjson

from pipelines.errors import UsageError
from pipelines.exporting.tally import Tally

LARGEST_LINE_BYTES = 16 << 20
LARGEST_BUNDLE_BYTES = 128 << 20
_CHUNK_BYTES = 1 << 20
_ENDINGS = (".ndjson", ".jsonl", ".json", ".ndjson.gz", ".jsonl.gz", ".json.gz")
_FIRST = ("PractitionerRole", "Practitioner")
_BULK = re.compile(r"([A-Za-z]+)(?:\.[0-9]{1,6})?\.ndjson(?:\.gz)?")
UNREADABLE = "unreadable"
Json = dict[str, Any]

KINDS = frozenset(
    [
        "AdverseEvent",
        "AllergyIntolerance",
        "Appointment",
        "Binary",
        "CarePlan",
        "CareTeam",
        "Claim",
        "Communication",
        "Composition",
        "Condition",
        "Consent",
        "Coverage",
        "Device",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "EpisodeOfCare",
        "ExplanationOfBenefit",
        "FamilyMemberHistory",
        "Flag",
        "Goal",
        "Group",
        "ImagingStudy",
        "Immunization",
        "List",
        "Location",
        "Measure",
        "MeasureReport",
        "Media",
        "Medication",
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
        "OperationOutcome",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "Provenance",
        "Questionnaire",
        "QuestionnaireResponse",
        "RelatedPerson",
        "ServiceRequest",
        "Specimen",
        "SupplyDelivery",
        "Task",
    ]
)
"""Kinds of resource of R4 that a clinic's server may hand over, read or not: these names may be told."""


class Found(NamedTuple):
    """One resource and where it was found; `address` is its fullUrl in a Bundle."""

    resource: Json
    file: str
    line: int
    address: str = ""


def files_in(place: Path) -> list[Path]:
    """The FHIR files at `place`, a file or a folder: who treats first, then by name.

    Raises UsageError when there are none.
    """
    paths = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    found = [path for path in paths if path.name.lower().endswith(_ENDINGS) and not path.name.startswith(".")]
    if not found:
        raise UsageError(
            f"{place} holds no FHIR file. Name a file or folder with {', '.join(_ENDINGS[:3])}, or these with .gz"
        )
    return sorted(found, key=lambda path: (not path.name.startswith(_FIRST), str(path)))


def label_of(path: Path, number: int) -> str:
    """What a file is called where it is told: its name when a server gave it, else its number, for it may be a patient's."""
    found = _BULK.fullmatch(path.name)
    return path.name if found and found[1] in KINDS else f"FHIR file {number}"


def resources_in(path: Path, label: str, tally: Tally) -> Iterator[Found]:
    """Every resource of a file, those of Bundles one by one; `label` is what the file is called."""
    is_lines = ".ndjson" in path.name.lower() or ".jsonl" in path.name.lower()
    try:
        with _opened(path) as file:
            if is_lines:
                for number, line in _lines(file, label, tally):
                    yield from _parsed(line, label, number, tally)
            else:
                text = file.read(LARGEST_BUNDLE_BYTES + 1)
                if len(text) > LARGEST_BUNDLE_BYTES:
                    tally.unmapped(UNREADABLE, "a Bundle that is too large: export it as NDJSON", label)
                else:
                    yield from _parsed(text, label, 0, tally)
    except (OSError, EOFError):  # gzip: cut short or damaged
        tally.unmapped(UNREADABLE, "a file that cannot be read to its end", label)


def _opened(path: Path) -> BinaryIO:
    is_gzip = path.name.lower().endswith(".gz")
    return cast(BinaryIO, gzip.open(path, "rb")) if is_gzip else path.open("rb")


def _lines(file: BinaryIO, name: str, tally: Tally) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, numbered from 1; one that is too long is counted and skipped without being held."""
    number, rest, is_skipping = 0, b"", False
    while chunk := file.read(_CHUNK_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            if line.strip() and not is_skipping:
                yield number, line
            is_skipping = False
        if len(rest) > LARGEST_LINE_BYTES:
            if not is_skipping:
                tally.unmapped(UNREADABLE, "a line that is too long", name, number + 1)
            rest, is_skipping = b"", True
    if rest.strip() and not is_skipping:
        yield number + 1, rest


def _parsed(text: bytes, name: str, line: int, tally: Tally) -> Iterator[Found]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        tally.unmapped(UNREADABLE, "text that is no JSON", name, line)
        return
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        tally.unmapped(UNREADABLE, "JSON that is no FHIR resource", name, line)
    elif found["resourceType"] == "Bundle":
        yield from _entries(found, name, line, tally)
    else:
        yield Found(found, name, line)


def _entries(bundle: Json, name: str, line: int, tally: Tally) -> Iterator[Found]:
    entries = bundle.get("entry", [])
    for entry in entries if isinstance(entries, list) else [None]:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if (
            not isinstance(entry, dict)
            or not isinstance(resource, dict)
            or not isinstance(resource.get("resourceType"), str)
        ):
            tally.unmapped(UNREADABLE, "an entry of a Bundle without a resource", name, line)
        else:
            address = entry.get("fullUrl")
            yield Found(resource, name, line, address if isinstance(address, str) else "")
