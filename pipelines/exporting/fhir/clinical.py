"""Findings, treatments: Condition, Observation, Procedure, ImagingStudy, DiagnosticReport, MedicationStatement, AdverseEvent."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from pipelines.exporting.facts import NO_DAY, NOT_KNOWN, Fact, Facts
from pipelines.exporting.fhir.access import (
    Json,
    absent_token,
    code_of,
    codes_of,
    day_of,
    first_text,
    key_of,
    number,
    own_code,
    part_of,
    parts_of,
    text_of,
)
from pipelines.exporting.fhir.people import ENTERED_IN_ERROR, NO_PATIENT
from pipelines.exporting.modalities import MODALITIES
from pipelines.exporting.records import Record, Value
from pipelines.exporting.tally import Tally
from pipelines.exporting.targets import STANDING, Target

_FINAL = ("final", "amended", "corrected", "appended")
_OBSERVED = ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")
_PERFORMED = ("performedDateTime", "performedPeriod")
_DIAGNOSED = ("recordedDate", "onsetDateTime", "onsetPeriod")
_BEGAN = ("onsetDateTime", "onsetPeriod", "recordedDate")
_ENDED = ("abatementDateTime",)


class Clinical:
    """Reads the resources that say what was found and done; each fact goes where the mapping says its code goes."""

    def __init__(self, facts: Facts, tally: Tally, zone: ZoneInfo) -> None:
        self._facts, self._tally, self._zone = facts, tally, zone

    def condition(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """A diagnosis: of the episode in which it was recorded, or (as `history`) of every episode while it lasted."""
        status = own_code(resource, "verificationStatus")
        if status in ("entered-in-error", "unconfirmed", "provisional", "differential"):
            reason = ENTERED_IN_ERROR if status == "entered-in-error" else "a condition that is not confirmed"
            self._tally.unmapped("Condition", reason, file, line)
            return
        began, recorded = (self._day(resource, names) for names in (_BEGAN, _DIAGNOSED))
        fact = self._fact("Condition", resource, key, file, line)._replace(
            value=True, day=recorded, until=self._day(resource, _ENDED), is_refuted=status == "refuted"
        )
        codes = codes_of(part_of(resource, "code"))
        for target in self._targets(fact, codes):
            yield from self._facts.records(fact._replace(day=began) if target.kind == STANDING else fact, (target,))

    def observation(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """A measurement, answer or finding; its components are looked at one by one."""
        if not self._is_final("Observation", resource, file, line):
            return
        fact = self._fact("Observation", resource, key, file, line)._replace(day=self._day(resource, _OBSERVED))
        components = parts_of(resource, "component")
        codes = codes_of(part_of(resource, "code"))
        if codes and not (components and not any(code in self._facts.rules.targets for code in codes)):
            yield from self._facts.records(_valued(fact, resource), self._targets(fact, codes))
        for component in components:
            own = _valued(fact._replace(kind="Observation.component"), component)
            yield from self._facts.records(own, self._targets(own, codes_of(part_of(component, "code"))))
        if not codes and not components:
            self._tally.unmapped("Observation", "it has no code", file, line)

    def procedure(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """Something that was done: a component of its session, unless the mapping says otherwise."""
        status = text_of(resource, "status")
        if status != "completed":
            reason = ENTERED_IN_ERROR if status == "entered-in-error" else "a procedure that was not completed"
            self._tally.unmapped("Procedure", reason, file, line)
            return
        fact = self._fact("Procedure", resource, key, file, line)._replace(
            value=True, day=self._day(resource, _PERFORMED)
        )
        yield from self._facts.records(fact, self._targets(fact, codes_of(part_of(resource, "code"))))

    def imaging_study(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """A study: modality and region; the region by `values: region` of the mapping."""
        fact = self._fact("ImagingStudy", resource, key, file, line)
        series = parts_of(resource, "series")
        modalities = [code_of(one) for one in parts_of(resource, "modality")]
        modalities += [code_of(part_of(one, "modality")) for one in series]
        modality = next(filter(None, (MODALITIES.get(code.rpartition("|")[2]) for code in modalities)), "")
        sites = [code_of(part_of(one, "bodySite")) for one in series]
        sites += [code for one in parts_of(resource, "procedureCode") for code in codes_of(one)]
        regions = self._facts.rules.values.get("region", {})
        region = next((regions[site] for site in sites if site in regions), "")
        day = self._day(resource, ("started",))
        reason = "" if day else NO_DAY
        reason = reason if region else "a study whose region the mapping does not know"
        reason = reason if modality else "a study of a modality that the contract does not have"
        reason = ENTERED_IN_ERROR if text_of(resource, "status") in ("entered-in-error", "cancelled") else reason
        reason = reason if fact.patient else NO_PATIENT
        if reason:
            self._tally.unmapped("ImagingStudy", reason, file, line)
            return
        values: dict[str, Value] = {"imaging_key": key, "patient_key": fact.patient, "study_day": day}
        yield Record("imaging", values | {"modality": modality, "region": region}, file, line)

    def diagnostic_report(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """The coded conclusions of a report; its results are Observations of their own, its text is not read."""
        if not self._is_final("DiagnosticReport", resource, file, line):
            return
        study = next(filter(None, (key_of(one) for one in parts_of(resource, "imagingStudy"))), "")
        fact = self._fact("DiagnosticReport", resource, key, file, line)._replace(
            value=True, day=self._day(resource, _OBSERVED), imaging=study
        )
        conclusions = parts_of(resource, "conclusionCode")
        if not conclusions:
            self._tally.unmapped("DiagnosticReport", "it has no coded conclusion", file, line)
        for concept in conclusions:
            yield from self._facts.records(fact, self._targets(fact, codes_of(concept)))

    def medication_statement(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """A medicine that is or was taken, by its code; with `history`, of every episode that began while it was."""
        status = text_of(resource, "status")
        if status not in ("active", "completed", "stopped"):
            reason = ENTERED_IN_ERROR if status == "entered-in-error" else "a medicine that was not taken"
            self._tally.unmapped("MedicationStatement", reason, file, line)
            return
        until = day_of(text_of(part_of(resource, "effectivePeriod"), "end"), self._zone)
        fact = self._fact("MedicationStatement", resource, key, file, line)._replace(
            value=True, day=self._day(resource, ("effectivePeriod", "effectiveDateTime", "dateAsserted")), until=until
        )
        yield from self._facts.records(
            fact, self._targets(fact, codes_of(part_of(resource, "medicationCodeableConcept")))
        )

    def adverse_event(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """An unwanted event, with seriousness and severity."""
        if text_of(resource, "actuality") != "actual":
            self._tally.unmapped("AdverseEvent", "an event that did not happen, or nearly", file, line)
            return
        fact = self._fact("AdverseEvent", resource, key, file, line)._replace(
            value=True, day=self._day(resource, ("date", "detected", "recordedDate"))
        )
        serious = {"serious": True, "non-serious": False}.get(own_code(resource, "seriousness").lower())
        severity = own_code(resource, "severity").lower()
        said: dict[str, Value] = {} if serious is None else {"ae_serious": serious}
        if severity in ("mild", "moderate", "severe"):
            said["ae_severity"] = severity
        causes = (cause for one in parts_of(resource, "suspectEntity") for cause in parts_of(one, "causality"))
        assessments = (code for cause in causes for code in codes_of(part_of(cause, "assessment")))
        related = (self._facts.rules.coded("adverse_event", "ae_related", code) for code in assessments)
        said["ae_related"] = next(filter(None, related), None)
        for record in self._facts.records(fact, self._targets(fact, codes_of(part_of(resource, "event")))):
            yield record._replace(values={**record.values, **said}) if record.feed == "adverse_event" else record

    def _fact(self, kind: str, resource: Json, key: str, file: str, line: int) -> Fact:
        study = next((key_of(one) for one in parts_of(resource, "derivedFrom") if _is_study(one)), "")
        sites = part_of(resource, "bodySite") if isinstance(resource.get("bodySite"), dict) else {}
        several = [] if sites else parts_of(resource, "bodySite")
        return Fact(
            kind,
            key_of(part_of(resource, "subject")),
            "",
            None,
            file,
            line,
            session=key_of(part_of(resource, "encounter")),
            imaging=study,
            key=key,
            sites=codes_of(sites) + tuple(code for one in several for code in codes_of(one)),
        )

    def _targets(self, fact: Fact, codes: tuple[str, ...]) -> tuple[Target, ...]:
        reason = NO_PATIENT
        if fact.patient:
            for code in codes:
                if targets := self._facts.rules.targets.get(code):
                    return targets
            reason = NOT_KNOWN if codes else "it has no code"
        self._tally.unmapped(fact.kind, reason, fact.file, fact.line)
        return ()

    def _is_final(self, kind: str, resource: Json, file: str, line: int) -> bool:
        status = text_of(resource, "status")
        if status not in _FINAL:
            reason = ENTERED_IN_ERROR if status == "entered-in-error" else "it is not final, or was cancelled"
            self._tally.unmapped(kind, reason, file, line)
        return status in _FINAL

    def _day(self, resource: Json, names: tuple[str, ...]) -> str:
        return day_of(first_text(resource, names), self._zone)


def _is_study(reference: Json) -> bool:
    said = text_of(reference, "reference")
    return text_of(reference, "type") == "ImagingStudy" or "ImagingStudy/" in said or said.startswith("urn:uuid:")


def _valued(fact: Fact, parent: Json) -> Fact:
    """The fact with the value of an Observation or of a component of one; a missing one as its token."""
    if "valueQuantity" in parent:
        quantity = part_of(parent, "valueQuantity")
        if "value" in quantity and not quantity.get("comparator"):
            unit = text_of(quantity, "code") or text_of(quantity, "unit")
            return fact._replace(value=number(quantity["value"], "valueQuantity.value"), unit=unit)
        return fact._replace(value=absent_token(quantity) or None)
    for name in ("valueInteger", "valueDecimal"):
        if name in parent:
            return fact._replace(value=number(parent[name], name))
    if "valueCodeableConcept" in parent:
        concept = part_of(parent, "valueCodeableConcept")
        codes = codes_of(concept)
        return fact._replace(codes=codes) if codes else fact._replace(value=absent_token(concept) or None)
    if "valueBoolean" in parent:
        return fact._replace(value=parent["valueBoolean"] is True)
    if "valueString" in parent:
        return fact._replace(value=text_of(parent, "valueString"))
    return fact._replace(value=absent_token(parent) or None)
