"""DICOM headers as a source: a folder or a DICOMDIR; pixels are never read.

A study is taken only where its headers say that identity was removed (PS3.15 Annex E, Basic Application Level Confidentiality
Profile) and hold nothing that identifies. One file that does not spoils its study. Whose a study is, the clinic says in a table of
study keys. What is refused is counted by reason; no value and no file's name is told, for a folder is often named for the patient.
"""

import csv
import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pydicom
from pydicom import config
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from pipelines.contracts import FEEDS
from pipelines.errors import UsageError
from pipelines.exporting.dicom_identity import refusal_of
from pipelines.exporting.modalities import MODALITIES
from pipelines.exporting.records import Record, Value
from pipelines.exporting.sources import Request

KIND = "DICOM file"
_REGIONS = {"LSPINE": "lumbar", "SSPINE": "sacroiliac", "HIP": "hip", "PELVIS": "pelvis", "SPINE": "whole_spine"}
_POSTURES = {"HFS": "supine", "FFS": "supine"}
_MODIFIED_DATES = "113107"
_PROFILES = next(one.codes for one in FEEDS["imaging"].fields if one.name == "deid_profile")
_COLUMNS = ("study_uid", "patient_key", "study_day", "date_shift_days")
_UNREADABLE = (
    *(InvalidDicomError, OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError),
    *(NotImplementedError, OverflowError, struct.error, RecursionError, MemoryError),
)
"""What pydicom raises for bytes that are no DICOM, or broken: its parsing of hostile bytes has no error of its own."""


@dataclass(frozen=True)
class _Key:
    """Whose a study is, and its day as the clinic has it ('' when it does not say) or how far the header's dates were moved."""

    patient: str
    study_day: str
    shift_days: int | None


@dataclass
class _Study:
    """What the headers of a study say, file by file."""

    first_file: int
    values: dict[str, Value] = field(default_factory=dict)
    study_date: str = ""
    profile: frozenset[str] = frozenset()
    n_files: int = 0
    is_refused: bool = False


def read_dicom(request: Request) -> Iterator[Record]:
    """The studies at the place of the request; raises UsageError for a mapping, key table or place that cannot be used."""
    mapping = request.mapping
    mapping.text("kind")
    folder = request.place if request.place.is_dir() else request.place.parent
    keys = _read_keys(folder / mapping.text("studies"))
    regions = mapping.section("regions")
    known = _REGIONS | (dict(regions.items()) if regions else {})
    mapping.done()
    studies: dict[str, _Study] = {}
    for number, path in enumerate(_files(request, folder, folder / mapping.text("studies")), start=1):
        request.tally.read(KIND)
        _look_at(path, number, studies, request)
    for uid, study in studies.items():
        yield from _study_record(uid, study, keys, known, request)


def _files(request: Request, folder: Path, keys: Path) -> Iterator[Path]:
    """The files of a folder, or those that a DICOMDIR names, in a fixed order."""
    if request.place.is_dir():
        found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name.upper() != "DICOMDIR")
        yield from (path for path in found if path != keys)
        return
    try:
        with _silence():
            records = pydicom.dcmread(request.place).get("DirectoryRecordSequence", [])
    except _UNREADABLE:
        raise UsageError("the place is no folder and no DICOMDIR that can be read. Name the folder instead") from None
    inside = folder.resolve()
    for record in records:
        said = record.get("ReferencedFileID")
        if not said:
            continue
        path = folder.joinpath(*([said] if isinstance(said, str) else map(str, said)))
        if path.resolve().is_relative_to(inside) and path.is_file():
            yield path
        else:
            request.tally.unmapped(KIND, "a file of the DICOMDIR that is not there", "DICOMDIR")


def _look_at(path: Path, number: int, studies: dict[str, _Study], request: Request) -> None:
    """Take what one header says into its study, or refuse it and with it the study."""
    try:
        with _silence():
            header = pydicom.dcmread(path, stop_before_pixels=True)
            reason, uid = refusal_of(header), str(header.get("StudyInstanceUID", "") or "")
            values, said, profile = _said(header)
    except _UNREADABLE:
        request.tally.unmapped(KIND, "no DICOM header that can be read", KIND, number)
        return
    if not uid:
        request.tally.unmapped(KIND, reason or "it does not say of which study it is", KIND, number)
        return
    study = studies.setdefault(uid, _Study(number))
    if reason:
        request.tally.unmapped(KIND, reason, KIND, number)
        study.is_refused = True
        return
    study.n_files += 1
    study.values = {**values, **study.values}
    study.study_date = study.study_date or said
    study.profile |= profile


@contextmanager
def _silence() -> Iterator[None]:
    """Whatever pydicom would warn or log about odd values is not said: its texts hold them."""
    logger = logging.getLogger("pydicom")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings(), config.disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = was_disabled


def _said(header: Dataset) -> tuple[dict[str, Value], str, frozenset[str]]:
    """Modality, body part, posture and field strength; the date; the codes of how identity was removed."""
    values: dict[str, Value] = {}
    if modality := MODALITIES.get(str(header.get("Modality", ""))):
        values["modality"] = modality
    if part := str(header.get("BodyPartExamined", "") or "").upper():
        values["region"] = part
    if posture := _POSTURES.get(str(header.get("PatientPosition", ""))):
        values["posture"] = posture
    if (strength := header.get("MagneticFieldStrength")) is not None:
        values["field_strength_t"] = float(strength)
    methods = header.get("DeidentificationMethodCodeSequence", None) or []
    return values, str(header.get("StudyDate", "") or ""), frozenset(str(one.get("CodeValue", "")) for one in methods)


def _study_record(
    uid: str, study: _Study, keys: dict[str, _Key], regions: dict[str, str], request: Request
) -> Iterator[Record]:
    key = keys.get(uid)
    day, reason = _day(study, key) if key else ("", "a study that the table of study keys does not have")
    if not reason and "modality" not in study.values:
        reason = "a modality that the contract does not have"
    if study.is_refused:
        reason = "another file of its study was refused"
    if reason or key is None:
        if study.n_files:
            request.tally.unmapped(KIND, reason, KIND, study.first_file, n=study.n_files)
        return
    region = regions.get(str(study.values.get("region", "")), "other")
    profile = ";".join(code for code in _PROFILES if code in study.profile)
    values = {"imaging_key": uid, "patient_key": key.patient, "study_day": day, "deid_profile": profile}
    yield Record("imaging", {**study.values, **values, "region": region}, KIND, study.first_file)


def _day(study: _Study, key: _Key) -> tuple[str, str]:
    """The study's real day, or why it cannot be known."""
    if key.study_day:
        return key.study_day, ""
    if not study.study_date:
        return "", "no date in the header, and none in the table of study keys"
    if _MODIFIED_DATES not in study.profile:
        return "", "a date that its profile should have removed"
    if key.shift_days is None:
        return "", "its dates were modified, and the table of study keys does not say by how many days"
    said = study.study_date
    try:
        shown = date(int(said[:4]), int(said[4:6]), int(said[6:8]))
    except ValueError:
        return "", "a date that cannot be read"
    return (shown - timedelta(key.shift_days)).isoformat(), ""


def _read_keys(path: Path) -> dict[str, _Key]:
    """The clinic's table of study keys: study_uid, patient_key, and study_day or date_shift_days."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise UsageError(f"studies: {path.name} cannot be read beside the images. Write it as CSV in UTF-8") from None
    keys = {}
    for line, row in enumerate(rows, start=2):
        if set(row) - set(_COLUMNS) or not row.get("study_uid") or not row.get("patient_key"):
            raise UsageError(
                f"studies: {path.name} line {line} needs study_uid and patient_key; known are {', '.join(_COLUMNS)}"
            )
        day, shift = (row.get("study_day") or "").strip(), (row.get("date_shift_days") or "").strip()
        try:
            if day:
                date.fromisoformat(day)
            keys[row["study_uid"].strip()] = _Key(row["patient_key"].strip(), day, int(shift) if shift else None)
        except ValueError:
            raise UsageError(
                f"studies: {path.name} line {line}: write study_day as 2026-11-01 and date_shift_days as a whole number"
            ) from None
    return keys
