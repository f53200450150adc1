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
from pipelines.exporting.scoring import INSTRUMENTS, Instrument
from pipelines.exporting.tally import Tally
from pipelines.exporting.targets import Target, read_targets

_NUMBERS = ("valueInteger", "valueDecimal")


@dataclass(frozen=True)
class Form:
    """What a mapping says of one questionnaire: where the answer of each item goes, and which scores are made of items."""

    items: Mapping[str, tuple[Target, ...]]
    scores: tuple["Scored", ...]


@dataclass(frozen=True)
class Scored:
    """A score that is worked out from items (`pipelines.exporting.scoring`): their `linkId`s in the instrument's order."""

    instrument: Instrument
    items: tuple[str, ...]
    targets: tuple[Target, ...]


def read_forms(mapping: Section) -> dict[str, Form]:
    """By canonical address (without version) what the block `questionnaires` says; raises UsageError that names the line."""
    forms = {}
    for block in mapping.sections("questionnaires") if "questionnaires" in mapping else ():
        items = block.section("items")
        address = block.text("questionnaire")
        scores = block.sections("scores") if "scores" in block else ()
        block.done()
        answers = {link_id: read_targets(items, link_id) for link_id in items.names} if items else {}
        forms[address] = Form(answers, tuple(map(_scored, scores)))
    return forms


def _scored(block: Section) -> Scored:
    instrument = INSTRUMENTS[block.choice("score", tuple(INSTRUMENTS))]
    items, targets = block.texts("items"), read_targets(block, "to")
    block.done()
    if (instrument.n_items and len(items) != instrument.n_items) or not 1 <= len(items) <= (instrument.n_items or 5):
        raise block.error(f"items names {len(items)}", f"The instrument has {instrument.n_items or '1 to 5'}", "items")
    return Scored(instrument, items, targets)


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
        of_scores = {link_id for scored in form.scores for link_id in scored.items}
        answers: dict[str, Value] = {}
        for item in every_item(resource):
            link_id = text_of(item, "linkId")
            answered = _answered(fact, item)
            if link_id in of_scores:
                answers[link_id] = answered.value
            if targets := form.items.get(link_id):
                yield from self._facts.records(answered, targets)
            elif "answer" in item and link_id not in of_scores:
                self._tally.unmapped(fact.kind, "an item that the mapping does not know", file, line)
        for scored in form.scores:
            yield from self._score(fact, scored, answers)

    def _score(self, fact: Fact, scored: Scored, answers: Mapping[str, Value]) -> Iterator[Record]:
        try:
            score = scored.instrument.score([_whole(answers.get(link_id)) for link_id in scored.items])
        except ValueError:
            self._tally.unmapped(fact.kind, "an item that is no answer of the questionnaire", fact.file, fact.line)
            return
        if score is None:
            self._tally.unmapped(fact.kind, "too few items were answered for a score", fact.file, fact.line)
        else:
            yield from self._facts.records(fact._replace(value=score), scored.targets)


def _whole(value: Value) -> int | None:
    """An item's answer as a whole number; None when it was not answered. Raises ValueError for anything else."""
    if value is None or (isinstance(value, str) and value.startswith(".")):
        return None
    if isinstance(value, int | float) and value == int(value):
        return int(value)
    raise ValueError("not a whole number")


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
