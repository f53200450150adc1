"""A check of the R4 structure of what is shared: elements, how often, types and required codes, from the definitions on
http://hl7.org/fhir/R4 (measure.html, measurereport.html, bundle.html, datatypes.html; version 4.0.1), for the elements in use."""

import re
from datetime import datetime
from typing import Any

Element = tuple[str, int, bool]
"""Type, least number, and whether it repeats."""

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?")
_CODES = {
    "report status": {"complete", "pending", "error"},
    "report type": {"individual", "subject-list", "summary", "data-collection"},
    "publication status": {"draft", "active", "retired", "unknown"},
    "bundle type": {"collection"},
    "comparator": {"<", "<=", ">=", ">"},
}
_TYPES: dict[str, dict[str, Element]] = {
    "Bundle": {
        "identifier": ("Identifier", 0, False),
        "type": ("bundle type", 1, False),
        "timestamp": ("instant", 0, False),
        "entry": ("BundleEntry", 0, True),
    },
    "BundleEntry": {"fullUrl": ("uri", 0, False), "resource": ("resource", 0, False)},
    "Measure": {
        "id": ("id", 0, False),
        "meta": ("Meta", 0, False),
        "url": ("uri", 0, False),
        "identifier": ("Identifier", 0, True),
        "version": ("string", 0, False),
        "name": ("name", 0, False),
        "title": ("string", 0, False),
        "status": ("publication status", 1, False),
        "date": ("dateTime", 0, False),
        "description": ("string", 0, False),
        "disclaimer": ("string", 0, False),
        "scoring": ("CodeableConcept", 0, False),
        "type": ("CodeableConcept", 0, True),
        "improvementNotation": ("CodeableConcept", 0, False),
        "group": ("MeasureGroup", 0, True),
    },
    "MeasureGroup": {"population": ("MeasurePopulation", 0, True)},
    "MeasurePopulation": {"code": ("CodeableConcept", 0, False), "criteria": ("Expression", 1, False)},
    "Expression": {
        "description": ("string", 0, False),
        "language": ("string", 1, False),
        "reference": ("uri", 0, False),
    },
    "MeasureReport": {
        "id": ("id", 0, False),
        "meta": ("Meta", 0, False),
        "status": ("report status", 1, False),
        "type": ("report type", 1, False),
        "measure": ("uri", 1, False),
        "date": ("dateTime", 0, False),
        "reporter": ("Reference", 0, False),
        "period": ("Period", 1, False),
        "improvementNotation": ("CodeableConcept", 0, False),
        "group": ("ReportGroup", 0, True),
    },
    "ReportGroup": {
        "population": ("ReportPopulation", 0, True),
        "measureScore": ("Quantity", 0, False),
        "stratifier": ("Stratifier", 0, True),
    },
    "ReportPopulation": {
        "code": ("CodeableConcept", 0, False),
        "count": ("integer", 0, False),
        "_count": ("Element", 0, False),
    },
    "Stratifier": {"code": ("CodeableConcept", 0, True), "stratum": ("Stratum", 0, True)},
    "Stratum": {
        "value": ("CodeableConcept", 0, False),
        "population": ("ReportPopulation", 0, True),
        "measureScore": ("Quantity", 0, False),
    },
    "Quantity": {
        "extension": ("Extension", 0, True),
        "value": ("decimal", 0, False),
        "comparator": ("comparator", 0, False),
        "unit": ("string", 0, False),
        "system": ("uri", 0, False),
        "code": ("string", 0, False),
    },
    "Element": {"extension": ("Extension", 0, True)},
    "Extension": {
        "url": ("uri", 1, False),
        "extension": ("Extension", 0, True),
        "valueCode": ("string", 0, False),
        "valueDecimal": ("decimal", 0, False),
    },
    "Identifier": {"system": ("uri", 0, False), "value": ("string", 0, False)},
    "Reference": {"identifier": ("Identifier", 0, False)},
    "Period": {"start": ("dateTime", 0, False), "end": ("dateTime", 0, False)},
    "CodeableConcept": {"coding": ("Coding", 0, True), "text": ("string", 0, False)},
    "Coding": {"system": ("uri", 0, False), "code": ("string", 0, False)},
    "Meta": {"tag": ("Coding", 0, True)},
}


def faults_of(resource: dict[str, Any]) -> list[str]:
    """What of a Bundle, Measure or MeasureReport is not as R4 says; empty when all is."""
    kind = resource["resourceType"]
    return _faults(kind, {name: value for name, value in resource.items() if name != "resourceType"}, kind)


def _faults(kind: str, value: Any, place: str) -> list[str]:
    if kind == "resource":
        return [] if isinstance(value, dict) and value.get("resourceType") in _TYPES else [f"{place}: no resource"]
    if kind not in _TYPES:
        return [] if _is(kind, value) else [f"{place}: no {kind}"]
    if not isinstance(value, dict) or not value:
        return [f"{place}: empty or no object"]
    elements = _TYPES[kind]
    found = [f"{place}.{name}: unknown" for name in value.keys() - elements.keys()]
    for name, (own, least, repeats) in elements.items():
        if name not in value:
            found += [f"{place}.{name}: missing"] if least else []
        elif repeats:
            items = value[name]
            is_list = isinstance(items, list) and bool(items)
            found += [] if is_list else [f"{place}.{name}: no list, or empty"]
            found += [fault for item in (items if is_list else ()) for fault in _faults(own, item, f"{place}.{name}")]
        else:
            found += _faults(own, value[name], f"{place}.{name}")
    return found


def _is(kind: str, value: Any) -> bool:
    if kind in _CODES:
        return value in _CODES[kind]
    if kind == "integer":
        return type(value) is int
    if kind == "decimal":
        return type(value) in (int, float)
    if not isinstance(value, str) or not value.strip():
        return False
    if kind == "id":
        return _ID.fullmatch(value) is not None
    if kind == "name":
        return re.fullmatch(r"[A-Z]([A-Za-z0-9_]){0,254}", value) is not None
    if kind in ("dateTime", "instant"):
        return _DATE.fullmatch(value) is not None and bool(datetime.fromisoformat(value))
    return kind == "string" or (kind == "uri" and re.fullmatch(r"\S+", value) is not None)
