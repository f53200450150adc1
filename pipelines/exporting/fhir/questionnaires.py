"""QuestionnaireResponse: answers by the `linkId` of their item, as the block `questionnaires` of the mapping says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pipelines.exporting.facts import NO_DAY, Fact, Facts
from pipelines.exporting.fhir.access import (
    Json,
    absent_token,
    code_of,
    day_of,
    every_item,
    key_of,
    number,
    part_of,
    parts_of,
    score_in,
    text_of,
)
from pipelines.exporting.fhir.people import ENTERED_IN_ERROR, NO_PATIENT
from pipelines.exporting.marked_yaml import Section
from pipelines.exporting.records import Record, Value
from pipelines.exporting.tally import Tally
from pipelines.exporting.targets import Target, read_targets

_NUMBERS = ("valueInteger", "valueDecimal")


@dataclass(frozen=True)
class Form:
    """What a mapping says of one questionnaire: where the answer of each item goes."""

    items: Mapping[str, tuple[Target, ...]]


def read_forms(mapping: Section) -> dict[str, Form]:
    """By canonical address (without version) what the block `questionnaires` says; raises UsageError that names the line."""
    forms = {}
    for block in mapping.sections("questionnaires") if "questionnaires" in mapping else ():
        items = block.section("items")
        address = block.text("questionnaire")
        block.done()
        forms[address] = Form({link_id: read_targets(items, link_id) for link_id in items.names} if items else {})
    return forms


class Questionnaires:
    """Reads responses; see the module."""

    def __init__(self, facts: Facts, tally: Tally, zone: ZoneInfo, forms: Mapping[str, Form]) -> None:
        self._facts, self._tally, self._zone, self._forms = facts, tally, zone, forms

    def response(self, resource: Json, key: str, file: str, line: int) -> Iterator[Record]:
        """Each answer where the mapping says it goes; the day is the one on which it was written."""
        form = self._forms.get(text_of(resource, "questionnaire").partition("|")[0])
        patient, day = key_of(part_of(resource, "subject")), day_of(text_of(resource, "authored"), self._zone)
        status = text_of(resource, "status")
        reason = "" if day else NO_DAY
        reason = reason if form else "a questionnaire that the mapping does not know"
        reason = reason if patient else NO_PATIENT
        reason = reason if status in ("completed", "amended") else "a response that was not completed"
        reason = ENTERED_IN_ERROR if status == "entered-in-error" else reason
        if reason or form is None:
            self._tally.unmapped("QuestionnaireResponse", reason, file, line)
            return
        fact = Fact(
            "QuestionnaireResponse.item",
            patient,
            day,
            None,
            file,
            line,
            session=key_of(part_of(resource, "encounter")),
            key=key,
        )
        for item in every_item(resource):
            if targets := form.items.get(text_of(item, "linkId")):
                yield from self._facts.records(_answered(fact, item), targets)
            elif "answer" in item:
                self._tally.unmapped(fact.kind, "an item that the mapping does not know", file, line)


def _answered(fact: Fact, item: Json) -> Fact:
    """The fact with the first answer of an item: its score where its Coding has one and no mapping, else number, code or token."""
    answers = parts_of(item, "answer")
    if not answers:
        return fact._replace(value=absent_token(item) or ".a")
    answer = answers[0]
    for name in _NUMBERS:
        if name in answer:
            return fact._replace(value=number(answer[name], name))
    if "valueQuantity" in answer:
        return fact._replace(value=number(part_of(answer, "valueQuantity").get("value"), "valueQuantity.value"))
    if "valueBoolean" in answer:
        return fact._replace(value=answer["valueBoolean"] is True)
    if "valueCoding" in answer:
        coding = part_of(answer, "valueCoding")
        score: Value = score_in(coding)
        codes = tuple(code for one in answers if (code := code_of(part_of(one, "valueCoding"))))
        return fact._replace(value=score) if score is not None else fact._replace(codes=codes)
    if "valueString" in answer:
        return fact._replace(value=text_of(answer, "valueString"))
    return fact._replace(value=absent_token(answer) or None)
