"""Pages of Cliniko's API for a practice of a dozen patients, with names, notes and numbers of people who do not exist."""

import json
from pathlib import Path
from typing import Any

from tests.exporting.canaries import CANARIES, PATIENT

Item = dict[str, Any]


def link(kind: str, number: object) -> Item:
    """A link as the API writes it."""
    return {"links": {"self": f"https://api.uk1.cliniko.com/v1/{kind}/{number}"}}


def appointment(number: int, patient: object, starts_at: str, **said: Any) -> Item:
    """An appointment of half an hour."""
    return {
        "id": number,
        "created_at": "2024-05-20T10:00:00Z",
        "updated_at": "2024-11-30T10:00:00Z",
        "cancellation_note": CANARIES["free text"],
        "did_not_arrive": False,
        "patient_arrived": False,
        "notes": CANARIES["telephone"],
        "booking_ip_address": CANARIES["internet address"],
        "patient_name": f"{CANARIES['given name']} {CANARIES['family name']}",
        "deleted_at": None,
        "starts_at": starts_at,
        "ends_at": starts_at.replace(":00:00Z", ":30:00Z"),
        "cancelled_at": None,
        "practitioner": link("practitioners", f"{CANARIES['practitioner']}-{number % 4}"),
        "patient": link("patients", patient),
    } | said


def patient(number: object) -> Item:
    """A patient with everything that identifies one."""
    return {
        "id": number,
        "first_name": CANARIES["given name"],
        "last_name": CANARIES["family name"],
        "date_of_birth": CANARIES["birth date"],
        "email": CANARIES["e-mail"],
        "address_1": CANARIES["street"],
        "post_code": CANARIES["postcode"],
        "patient_phone_numbers": [{"number": CANARIES["telephone without blanks"]}],
        "medicare": CANARIES["NHS number"],
        "sex": "Female",
        "notes": CANARIES["free text"],
    }


def radio(name: str, *values: str, chosen: tuple[str, ...], kind: str = "radiobuttons") -> Item:
    """A question with its answers, some of them ticked."""
    answers = [{"value": value} | ({"selected": True} if value in chosen else {}) for value in values]
    return {"name": name, "type": kind, "answers": answers}


def form(number: int, patient: object, completed_at: str | None, name: str, *questions: Item) -> Item:
    """A patient form."""
    return {
        "id": number,
        "name": name,
        "completed_at": completed_at,
        "url": "https://practice.example/f/?secret",
        "content": {"sections": [{"name": "All", "questions": list(questions)}]},
        "patient": link("patients", patient),
    }


def note(number: int, patient: object, booking: int | None, *questions: Item, **said: Any) -> Item:
    """A treatment note."""
    return (
        {
            "id": number,
            "created_at": "2024-06-03T10:20:00Z",
            "title": "Standard Consultation",
            "draft": False,
            "author_name": CANARIES["practitioner"],
            "content": {"sections": [{"questions": list(questions)}]},
            "patient": link("patients", patient),
        }
        | ({"booking": link("bookings", booking)} if booking else {})
        | said
    )


def text(name: str, answer: str, kind: str = "text") -> Item:
    """A question that is answered in words."""
    return {"name": name, "type": kind, "answer": answer}


def intake_form(number: int, patient: object) -> Item:
    """The form that a new patient fills in."""
    return form(
        number,
        patient,
        "2024-06-02T18:00:00Z",
        "New Patient Intake",
        radio("Where is your pain?", "Low back", "Thigh", "Foot", chosen=("Low back", "Thigh"), kind="checkboxes"),
        radio("Does the pain go below the knee?", "Yes", "No", chosen=("No",)),
        text("Leg pain in the last week (0-10)", "7"),
        text("Please describe your medical history.", f"<div>{CANARIES['free text']}</div>", "paragraph"),
        text("Average back pain", f"<div>{CANARIES['NHS number']}</div>", "paragraph"),
        text("Work", CANARIES["given name"]),
    )


def practice(n_patients: int = 12) -> dict[str, list[Item]]:
    """A practice where every patient came once, on 3 June 2024 at 11 in London."""
    patients = [PATIENT, *range(1, n_patients)]
    return {
        "individual_appointments": [
            appointment(1000 + number, one, "2024-06-03T10:00:00Z") for number, one in enumerate(patients)
        ],
        "patients": [patient(one) for one in patients],
        "patient_forms": [intake_form(2000 + number, one) for number, one in enumerate(patients)],
        "treatment_notes": [
            note(3000 + number, one, 1000 + number, text("Pain before", "6"), text("Pain after", "4"))
            for number, one in enumerate(patients)
        ],
    }


def write_pages(folder: Path, pages: dict[str, list[Item]]) -> Path:
    """Write each kind as a page of its own."""
    folder.mkdir(exist_ok=True)
    for kind, items in pages.items():
        content = {kind: items, "total_entries": len(items), "links": {"self": "https://api.uk1.cliniko.com/v1"}}
        (folder / f"{kind}-1.json").write_text(json.dumps(content), encoding="utf-8")
    return folder
