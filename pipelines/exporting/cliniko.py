"""The source `cliniko`: pages of Cliniko's API, saved as JSON, with its traps (domain/interchange.md 7.4).

Names, notes, addresses and signatures are never looked at. Drafts, deleted and archived records are counted and left out. Days
are the clinic's, though times are written in UTC. A form's questions are known by their text, since templates are renamed.
Shapes: redguava/cliniko-api, sections individual_appointments, attendees, patient_cases, patients, treatment_notes, patient_forms.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError
from pipelines.exporting.cliniko_forms import FORMS, FormReader, linked_id
from pipelines.exporting.marked_yaml import Section
from pipelines.exporting.records import Record
from pipelines.exporting.sources import Request
from pipelines.exporting.tally import Tally

KINDS = ("attendees", "patient_cases", "patients", "individual_appointments", *FORMS)
"""Pages that are read, and their order: cases are known before the appointments that belong to them."""

_ATTENDED_WHEN = ("arrived", "not_marked_absent")
_SEXES = {"male": "male", "female": "female", "other": "other"}


def read_cliniko(request: Request) -> Iterator[Record]:
    """The records of the pages below the place; see `pipelines.exporting.sources.Reader`."""
    appointments = _Appointments(request.mapping)
    forms = FormReader(request.mapping)
    request.mapping.done()
    pages = _pages(request.place, request.tally)
    appointments.see_when_saved(pages, request.tally)
    for _, item, _ in _items(pages["attendees"], "attendees", request.tally):
        appointments.see_attendee(item)
    for _, item, _ in _items(pages["patient_cases"], "patient_cases", request.tally):
        appointments.see_case(item)
    for path, item, number in _items(pages["patients"], "patients", request.tally):
        yield from _patient(item, path.name, number)
    for path, item, number in _items(pages["individual_appointments"], "individual_appointments", request.tally):
        yield from appointments.read(item, path.name, number, request.tally)
    for kind in FORMS:
        for path, item, number in _items(pages[kind], kind, request.tally):
            yield from forms.read(kind, item, path.name, number, request.tally)
    forms.count_questions_never_found(request.tally)


def _pages(place: Path, tally: Tally) -> dict[str, list[Path]]:
    """The files by what they hold; raises UsageError when there are no appointments among them."""
    pages: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for path in [place] if place.is_file() else sorted(path for path in place.rglob("*.json") if path.is_file()):
        kinds = [kind for kind in KINDS if kind in _load(path, tally)]
        for kind in kinds:
            pages[kind].append(path)
        if not kinds:
            tally.unmapped("file", "no page of a kind that is read", path.name)
    if not pages["individual_appointments"]:
        raise UsageError(
            f"{place.name} has no JSON file with individual_appointments. Save the API's pages there, also those of "
            "individual_appointments/cancelled"
        )
    return pages


def _load(path: Path, tally: Tally) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        tally.unmapped("file", "a file that is no JSON", path.name)
        return {}
    return content if isinstance(content, dict) else {}


def _items(paths: list[Path], kind: str, tally: Tally) -> Iterator[tuple[Path, Mapping[str, Any], int]]:
    """Every item of these pages that counts, once: the first under its id."""
    seen: set[str] = set()
    for path in paths:
        found = _load(path, tally)[kind]
        for number, item in enumerate(found if isinstance(found, list) else (), start=1):
            tally.read(kind)
            if not isinstance(item, dict) or item.get("id") is None:
                tally.unmapped(kind, "an item that is no object with an id", path.name, number)
            elif item.get("deleted_at") or item.get("archived_at"):
                tally.unmapped(kind, "deleted or archived", path.name, number)
            elif str(item["id"]) in seen:
                tally.unmapped(kind, "the same item on another page", path.name, number)
            else:
                seen.add(str(item["id"]))
                yield path, item, number


def _patient(item: Mapping[str, Any], file: str, number: int) -> Iterator[Record]:
    sex = str(item.get("sex") or item.get("gender") or "").strip().casefold()
    values = {"patient_key": str(item["id"]), "sex": _SEXES.get(sex), "birth_date": item.get("date_of_birth")}
    yield Record("intake", values, file, number)


class _Appointments:
    """Appointments as sessions, of the case that their attendee is on."""

    def __init__(self, mapping: Section) -> None:
        mapping.text("kind")
        self._attended_when = mapping.choice("attended_when", _ATTENDED_WHEN)
        self._late = timedelta(hours=mapping.number("late_cancellation_hours", 24))
        self._saved_at: datetime | None = None
        self._booking_of: dict[str, str] = {}
        self._case_of: dict[str, str] = {}

    def see_when_saved(self, pages: Mapping[str, list[Path]], tally: Tally) -> None:
        """Find the newest time at which anything was written: what was to begin later has not happened yet."""
        for kind, paths in pages.items():
            for path in paths:
                found = _load(path, tally)[kind]
                for item in found if isinstance(found, list) else ():
                    if isinstance(item, dict):
                        times = [_moment(item, name) for name in ("created_at", "updated_at", "completed_at")]
                        self._saved_at = max((one for one in (*times, self._saved_at) if one), default=None)

    def see_attendee(self, item: Mapping[str, Any]) -> None:
        """Remember whose booking an attendee is."""
        booking = linked_id(item, "booking")
        if booking:
            self._booking_of[str(item["id"])] = booking

    def see_case(self, item: Mapping[str, Any]) -> None:
        """Remember which bookings belong to a case; without pages of attendees none do, and episodes are built by their gaps."""
        attendees = item.get("attendee_ids")
        for attendee in attendees if isinstance(attendees, list) else ():
            if booking := self._booking_of.get(str(attendee)):
                self._case_of[booking] = str(item["id"])

    def read(self, item: Mapping[str, Any], file: str, number: int, tally: Tally) -> Iterator[Record]:
        """The session of an appointment."""
        starts_at, ends_at = _moment(item, "starts_at"), _moment(item, "ends_at")
        patient = linked_id(item, "patient")
        if starts_at is None or patient is None:
            tally.unmapped("individual_appointments", "without a patient or a start", file, number)
            return
        if self._saved_at is not None and starts_at > self._saved_at:
            tally.unmapped("individual_appointments", "booked for after the pages were saved", file, number)
            return
        attendance = self._attendance(item, starts_at)
        if attendance is None:
            tally.unmapped("individual_appointments", "nobody has marked whether the patient came", file, number)
            return
        key = str(item["id"])
        values = {
            "session_key": key,
            "patient_key": patient,
            "episode_key": self._case_of.get(key),
            "session_day": starts_at,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "attendance": attendance,
            "practitioner_key": linked_id(item, "practitioner"),
        }
        yield Record("session", values, file, number)

    def _attendance(self, item: Mapping[str, Any], starts_at: datetime) -> str | None:
        if item.get("cancelled_at"):
            cancelled_at = _moment(item, "cancelled_at")
            is_late = cancelled_at is not None and starts_at - cancelled_at < self._late
            return "cancelled_late" if is_late else "cancelled"
        if item.get("did_not_arrive") is True:
            return "dna"
        if item.get("patient_arrived") is True or self._attended_when == "not_marked_absent":
            return "attended"
        return None


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    """The time with its zone, or None where there is none that can be read."""
    try:
        moment = datetime.fromisoformat(item[name])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
