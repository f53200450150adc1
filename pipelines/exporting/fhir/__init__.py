"""FHIR R4 (4.0.1) as a source: NDJSON bulk exports, Bundles and single resources, plain or gzip, streamed.

Each kind of resource becomes parts of the contract's records (`people`, `clinical`, `questionnaires`), by codes that the mapping
names. What is not mapped is counted by kind and reason; of what is not read nothing is looked at.
"""

from collections.abc import Callable, Iterator

from pipelines.exporting.facts import Facts
from pipelines.exporting.fhir.access import Json, Malformed, id_in, text_of
from pipelines.exporting.fhir.clinical import Clinical
from pipelines.exporting.fhir.files import KINDS, Found, files_in, label_of, resources_in
from pipelines.exporting.fhir.people import People
from pipelines.exporting.fhir.questionnaires import Questionnaires, read_forms
from pipelines.exporting.records import Record
from pipelines.exporting.sources import Request
from pipelines.exporting.targets import full_code, read_rules

_CLASSES = ("AMB", "VR", "HH")
"""Classes of encounter that count as contacts unless the mapping says otherwise: ambulatory, virtual, at home."""

_Read = Callable[[Json, str, str, int], Iterator[Record]]


def read_fhir(request: Request) -> Iterator[Record]:
    """The records of the FHIR files at the place of the request; raises UsageError for a mapping that cannot be used."""
    readers, facts = _readers(request)
    for number, path in enumerate(files_in(request.place), start=1):
        for found in resources_in(path, label_of(path, number), request.tally):
            kind = found.resource["resourceType"]
            read = readers.get(kind)
            if read is None:
                request.tally.read(_named(kind))
                request.tally.unmapped(_named(kind), "a kind of resource that is not read", found.file, found.line)
                continue
            request.tally.read(kind)
            yield from _of_one(read, kind, found, request)
    yield from facts.held_records()


def _readers(request: Request) -> tuple[dict[str, _Read], Facts]:
    mapping = request.mapping
    mapping.text("kind")
    facts = Facts(read_rules(mapping), request.tally)
    forms = read_forms(mapping)
    contacts = mapping.section("contacts")
    classes = contacts.texts("classes", _CLASSES) if contacts else _CLASSES
    types = contacts.texts("types", ()) if contacts else ()
    if contacts:
        contacts.done()
    mapping.done()
    people = People(facts, request.tally, request.zone, frozenset(classes), frozenset(map(full_code, types)))
    clinical = Clinical(facts, request.tally, request.zone)
    return {
        "Patient": people.patient,
        "PractitionerRole": people.practitioner_role,
        "EpisodeOfCare": people.episode,
        "Encounter": people.encounter,
        "Appointment": people.appointment,
        "Condition": clinical.condition,
        "Observation": clinical.observation,
        "QuestionnaireResponse": Questionnaires(facts, request.tally, request.zone, forms).response,
        "Procedure": clinical.procedure,
        "ImagingStudy": clinical.imaging_study,
        "DiagnosticReport": clinical.diagnostic_report,
        "MedicationStatement": clinical.medication_statement,
        "AdverseEvent": clinical.adverse_event,
    }, facts


def _of_one(read: _Read, kind: str, found: Found, request: Request) -> Iterator[Record]:
    """The records of one resource, all or, when it is malformed, none of it from there on (counted)."""
    try:
        key = text_of(found.resource, "id") or id_in(found.address)
        if key:
            yield from list(read(found.resource, key, found.file, found.line))
        else:
            request.tally.unmapped(kind, "it has no id", found.file, found.line)
    except Malformed as error:
        request.tally.unmapped(kind, f"malformed: {error}", found.file, found.line)


def _named(kind: str) -> str:
    """The kind as it may be said: one of R4's, else a fixed word, for a file may hold anything there."""
    return kind if kind in KINDS else "another kind"
