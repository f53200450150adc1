"""A made-up clinic as FHIR R4 resources, for the example mapping fhir.yaml: courses with known facts, and names around them."""

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

Json = dict[str, Any]
MAPPING = ROOT / "pipelines" / "exporting" / "examples" / "fhir.yaml"
OWN = "https://clinic.example/codes"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
TOKENS = {
    ".p": "not-performed",
    ".d": "asked-declined",
    ".u": "asked-unknown",
    ".n": "not-applicable",
    ".s": "masked",
    "": "unknown",
}
Score = int | str
"""A score, or the contract's token for why there is none ('' is not recorded)."""


@dataclass(frozen=True)
class Visit:
    """One encounter, `day` after the first. `components` are codes of the mapping."""

    day: int
    is_attended: bool = True
    pain_before: Score = 5
    pain_after: Score = 4
    components: tuple[str, ...] = ("advice",)
    has_soreness: bool = False


@dataclass(frozen=True)
class Course:
    """One patient's episode, with the facts that must come out."""

    number: int
    first_day: date
    birth_year: int
    sex: str
    visits: tuple[Visit, ...]
    region: str = "low-back"
    back_pain: dict[int, Score] | None = None
    rmdq: dict[int, Score] | None = None
    has_diabetes: bool | None = None
    slr_left: Score = 70
    crp: float | None = None
    disc: str = ""
    has_episode: bool = True

    @property
    def patient(self) -> str:
        return f"patient-{self.number}"

    @property
    def episode(self) -> str:
        return f"episode-{self.number}"


def resources(course: Course, canary: Json | None = None) -> Iterator[Json]:
    """Every resource of a course; `canary` is put into the elements that hold who somebody is."""
    who = canary or {"name": "Invented Person", "text": "a note"}
    subject = {"reference": f"Patient/{course.patient}", "display": who["name"]}
    yield {
        "resourceType": "Patient",
        "id": course.patient,
        "name": [{"family": who["name"]}],
        "text": {"status": "generated", "div": f"<div>{who['text']}</div>"},
        "birthDate": f"{course.birth_year}-05-17",
        "gender": course.sex,
    }
    if course.has_episode:
        yield {
            "resourceType": "EpisodeOfCare",
            "id": course.episode,
            "status": "finished",
            "patient": subject,
            "period": {"start": _day(course, 0)},
        }
    yield {
        "resourceType": "Condition",
        "id": f"complaint-{course.number}",
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [_coding(course.region)], "text": who["text"]},
        "subject": subject,
        "recordedDate": _day(course, 0),
    }
    if course.has_diabetes is not None:
        yield {
            "resourceType": "Condition",
            "id": f"diabetes-{course.number}",
            "verificationStatus": {"coding": [{"code": "confirmed" if course.has_diabetes else "refuted"}]},
            "code": {"coding": [_coding("diabetes")]},
            "subject": subject,
            "onsetDateTime": _day(course, -900),
            "note": [{"text": who["text"]}],
        }
    for number, visit in enumerate(course.visits):
        yield from _visit(course, number, visit, subject, who)
    for week, score in (course.back_pain or {}).items():
        yield _observation(
            f"back-{course.number}-{week}", _coding("back-pain"), subject, _day(course, 7 * week), _quantity(score)
        )
    for week, score in (course.rmdq or {}).items():
        yield _response(course, week, score, subject, who)
    side = {"bodySite": {"coding": [_coding("left")]}}
    slr = _observation(
        f"slr-{course.number}", _coding("slr"), subject, _day(course, 0), _quantity(course.slr_left, "deg")
    )
    yield slr | side
    if course.crp is not None:
        code = {"system": "http://loinc.org", "code": "1988-5", "display": who["text"]}
        yield _observation(f"crp-{course.number}", code, subject, _day(course, 1), _quantity(course.crp, "mg/L"))
    if course.disc:
        yield from _image(course, subject)


def _visit(course: Course, number: int, visit: Visit, subject: Json, who: Json) -> Iterator[Json]:
    key = f"visit-{course.number}-{number}"
    at = _day(course, visit.day)
    encounter = {
        "resourceType": "Encounter",
        "id": key,
        "status": "finished" if visit.is_attended else "cancelled",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": subject,
        "period": {"start": f"{at}T09:00:00+00:00", "end": f"{at}T09:30:00+00:00"},
        "participant": [{"individual": {"reference": "Practitioner/smith", "display": who["name"]}}],
    }
    if course.has_episode:
        encounter["episodeOfCare"] = [{"reference": f"EpisodeOfCare/{course.episode}"}]
    yield encounter
    if not visit.is_attended:
        return
    here = {"encounter": {"reference": f"Encounter/{key}"}}
    for name, score in (("pain-before", visit.pain_before), ("pain-after", visit.pain_after)):
        yield _observation(f"{name}-{key}", _coding(name), subject, f"{at}T09:10:00Z", _quantity(score)) | here
    for order, component in enumerate(visit.components):
        yield here | {
            "resourceType": "Procedure",
            "id": f"done-{key}-{order}",
            "status": "completed",
            "code": {"coding": [_coding(component)]},
            "subject": subject,
            "performedDateTime": at,
            "note": [{"text": who["text"]}],
        }
    if visit.has_soreness:
        yield here | {
            "resourceType": "AdverseEvent",
            "id": f"event-{key}",
            "actuality": "actual",
            "event": {"coding": [_coding("soreness")]},
            "subject": subject,
            "date": at,
            "seriousness": {"coding": [{"code": "non-serious"}]},
            "severity": {"coding": [{"code": "mild"}]},
        }


def _response(course: Course, week: int, score: Score, subject: Json, who: Json) -> Json:
    answer: Json = {"linkId": "rmdq", "text": who["text"]}
    if isinstance(score, int):
        answer["answer"] = [{"valueInteger": score}]
    else:
        url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
        answer["extension"] = [{"url": url, "valueCode": TOKENS[score]}]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": f"response-{course.number}-{week}",
        "questionnaire": "https://clinic.example/Questionnaire/follow-up|2",
        "status": "completed",
        "subject": subject,
        "authored": f"{_day(course, 7 * week)}T18:00:00+01:00",
        "item": [{"linkId": "scores", "item": [answer]}],
    }


def _image(course: Course, subject: Json) -> Iterator[Json]:
    study = f"study-{course.number}"
    yield {
        "resourceType": "ImagingStudy",
        "id": study,
        "status": "available",
        "subject": subject,
        "started": _day(course, 2),
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "MR"}],
        "series": [{"uid": "1.2.3", "modality": {"code": "MR"}, "bodySite": _coding("lumbar-spine")}],
    }
    finding = _observation(
        f"disc-{course.number}",
        _coding("disc-contour"),
        subject,
        _day(course, 2),
        {"valueCodeableConcept": {"coding": [_coding(course.disc)]}},
    )
    yield finding | {
        "bodySite": {"coding": [_coding("l5s1")]},
        "derivedFrom": [{"reference": f"ImagingStudy/{study}"}],
    }
    yield {
        "resourceType": "DiagnosticReport",
        "id": f"report-{course.number}",
        "status": "final",
        "subject": subject,
        "effectiveDateTime": _day(course, 3),
        "imagingStudy": [{"reference": f"ImagingStudy/{study}"}],
        "conclusion": "free text that nobody reads",
        "conclusionCode": [{"coding": [_coding("no-compression")]}],
    }


def _observation(key: str, code: Json, subject: Json, at: str, value: Json) -> Json:
    said = {"resourceType": "Observation", "id": key, "status": "final", "code": {"coding": [code]}, "subject": subject}
    return said | {"effectiveDateTime": at} | value


def _quantity(score: float | str, unit: str = "{score}") -> Json:
    if isinstance(score, str):
        return {"dataAbsentReason": {"coding": [{"system": ABSENT, "code": TOKENS[score]}]}}
    return {"valueQuantity": {"value": score, "system": "http://unitsofmeasure.org", "code": unit, "unit": unit}}


def _coding(code: str) -> Json:
    return {"system": OWN, "code": code}


def _day(course: Course, day: int) -> str:
    return (course.first_day + timedelta(day)).isoformat()


def write_bulk(folder: Path, found: Iterable[Json], *, is_gzip: bool = False) -> Path:
    """The resources as a bulk export: an NDJSON file a kind."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for resource in found:
        lines.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    for kind, own in lines.items():
        text = ("\n".join(own) + "\n").encode()
        if is_gzip:
            (folder / f"{kind}.000.ndjson.gz").write_bytes(gzip.compress(text, mtime=0))
        else:
            (folder / f"{kind}.000.ndjson").write_bytes(text)
    return folder


def write_bundle(place: Path, found: Iterable[Json]) -> Path:
    """The resources as one Bundle; what refers to another does so by `urn:uuid:`, as a transaction does."""
    text = json.dumps([*found])
    for kind in ("Patient", "EpisodeOfCare", "Encounter", "ImagingStudy"):
        text = text.replace(f'"{kind}/', '"urn:uuid:')
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in json.loads(text)]
    place.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), encoding="utf-8")
    return place
