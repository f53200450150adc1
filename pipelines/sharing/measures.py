"""The quality indicators as FHIR R4 Measures (http://hl7.org/fhir/R4/measure.html): what a MeasureReport is a report of."""

import uuid
from dataclasses import dataclass
from typing import Any

from pipelines.reporting.indicators import DEFINITIONS, MEASURE_NAMES

Json = dict[str, Any]

NAMESPACE = uuid.UUID("dfc462f6-cf31-4e40-849d-dfd180ff1264")
"""The name space of every identifier that is made here (RFC 4122, version 5): the same name always gives the same one."""

INTERVAL_URL = f"urn:uuid:{uuid.uuid5(NAMESPACE, 'extension/interval-95')}"
"""An extension of ours on `measureScore`, for R4 has none for intervals: `lower` and `upper`, the ends of the 95 % interval."""

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_OUTCOME_AREAS = ("Outcome",)
_UCUM = {"%": "%", "days": "d"}
_DISCLAIMER = (
    "From routine records. Counts passed disclosure control: small ones are withheld (masked), others rounded. A share is not "
    "adjusted for who came unless its name says so, and says nothing about the effect of a treatment."
)


@dataclass(frozen=True)
class Measure:
    """One Measure: an indicator that is a share ('proportion', of `unit`), or a figure of a group ('continuous-variable', in
    `unit`); `table` of `report.*` holds it."""

    code: str
    title: str
    meaning: str
    unit: str
    direction: str
    table: str
    is_outcome: bool

    @property
    def is_share(self) -> bool:
        """Whether it is a numerator of a denominator."""
        return self.table == "indicators"

    @property
    def url(self) -> str:
        """Its canonical address, without version."""
        return f"urn:uuid:{uuid.uuid5(NAMESPACE, f'measure/{self.code}')}"

    @property
    def improvement_notation(self) -> Json | None:
        """Which way is better, or None where neither is."""
        notation = {"up": "increase", "down": "decrease"}.get(self.direction)
        return coded("measure-improvement-notation", notation) if notation else None

    def resource(self, version: str, date: str) -> Json:
        """The Measure resource; `version` is Stepcare's, `date` (ISO 8601) that of the night it is shared with."""
        return {
            "resourceType": "Measure",
            "id": self.code.lower(),
            "url": self.url,
            "identifier": [{"system": f"urn:uuid:{NAMESPACE}", "value": self.code}],
            "version": version,
            "name": "Stepcare_" + self.code.replace("-", "_"),
            "title": self.title,
            "status": "active",
            "date": date,
            "description": self.meaning,
            "disclaimer": _DISCLAIMER,
            "scoring": coded("measure-scoring", "proportion" if self.is_share else "continuous-variable"),
            "type": [coded("measure-type", "outcome" if self.is_outcome else "process")],
            **({"improvementNotation": notation} if (notation := self.improvement_notation) else {}),
            "group": [{"population": [self._population(code, words) for code, words in self._populations()]}],
        }

    def _populations(self) -> tuple[tuple[str, str], ...]:
        if self.is_share:
            return ("denominator", self.unit), ("numerator", self.meaning)
        return (("measure-population", "episodes in which it is known"),)

    def _population(self, code: str, words: str) -> Json:
        criteria = {"description": words, "language": "application/sql", "reference": f"sql/report/{self.table}.sql"}
        return {"code": coded("measure-population", code), "criteria": criteria}

    def quantity(self, value: float) -> Json:
        """A value in the measure's unit; UCUM where the unit has a code there."""
        code = _UCUM.get("%" if self.is_share else self.unit)
        unit = "%" if self.is_share else self.unit
        return {"value": value, "unit": unit} | ({"system": "http://unitsofmeasure.org", "code": code} if code else {})


def coded(system: str, code: str) -> Json:
    """A CodeableConcept of one of HL7's own code systems."""
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code}]}


SHARES = {
    code: Measure(
        code=code,
        title=definition.name,
        meaning=definition.meaning,
        unit=definition.unit,
        direction=definition.direction,
        table="indicators",
        is_outcome=definition.area in _OUTCOME_AREAS,
    )
    for code, definition in DEFINITIONS.items()
}
"""The indicators that are shares, by code."""

_ADJUSTED = ("QI-12", "QI-13", "QI-14")
_HIGHER_IS_BETTER = ("QI-12", "QI-13")
_LOWER_IS_BETTER = ("QI-14", "QI-15", "QI-16")


def _direction(indicator: str, measure: str) -> str:
    if indicator in _HIGHER_IS_BETTER or measure.startswith("improved by"):
        return "up"
    return "down" if indicator in _LOWER_IS_BETTER else "info"


FIGURES = {
    (indicator, measure): Measure(
        code=f"{indicator}-{measure.replace(' ', '-')}",
        title=title,
        meaning=f"{title}: {measure}",
        unit=unit,
        direction=_direction(indicator, measure),
        table="case_mix" if indicator in _ADJUSTED else "clinic_courses",
        is_outcome=True,
    )
    for (indicator, measure), (title, unit) in MEASURE_NAMES.items()
}
"""The indicators that are no plain share, by code and measure."""
