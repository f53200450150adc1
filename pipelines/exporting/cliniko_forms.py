"""Cliniko's treatment notes and patient forms: questions known by their text, answers read as the mapping says."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.exporting.making import Cell, Maker
from pipelines.exporting.marked_yaml import Section
from pipelines.exporting.records import OF_A_SESSION, WHEN, Record
from pipelines.exporting.table_mapping import Defaults, read_defaults, read_records
from pipelines.exporting.table_rules import RecordRule
from pipelines.exporting.tally import Tally

FORMS = ("treatment_notes", "patient_forms")
_TEMPLATES = {"treatment_notes": "treatment_note_template", "patient_forms": "patient_form_template"}
_TITLES = {"treatment_notes": "title", "patient_forms": "name"}
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class FormRule:
    """Forms of one kind with one of these titles or templates (any, where none is said), and the records that each makes."""

    kind: str
    titles: frozenset[str]
    templates: frozenset[str]
    records: tuple[RecordRule, ...]


class FormReader:
    """Reads forms by the rules under `forms` of the mapping."""

    def __init__(self, mapping: Section) -> None:
        self._defaults: Defaults = read_defaults(mapping)
        sections = mapping.sections("forms") if "forms" in mapping else ()
        self._rules = tuple(self._rule(section) for section in sections)
        self._found: set[str] = set()

    def _rule(self, section: Section) -> FormRule:
        rule = FormRule(
            kind=section.choice("of", FORMS),
            titles=frozenset(title.strip().casefold() for title in section.texts("title", ())),
            templates=frozenset(section.texts("template", ())),
            records=read_records(section, self._defaults),
        )
        section.done()
        return rule

    def read(self, kind: str, item: Mapping[str, Any], file: str, number: int, tally: Tally) -> Iterator[Record]:
        """The records of one form; counts what cannot be used."""
        if item.get("draft") is True or (kind == "patient_forms" and not item.get("completed_at")):
            tally.unmapped(kind, "a draft, or not completed", file, number)
            return
        rules = [rule for rule in self._rules if self._is_of(rule, kind, item)]
        if not rules:
            tally.unmapped(kind, "a form that the mapping does not name", file, number)
            return
        answers = _answers(item)
        self._found.update(answers)
        places = {name: place for place, name in enumerate(answers)}
        cells = list(answers.values())
        about = _about(kind, item)
        for rule in rules:
            for record in rule.records:
                maker = Maker(
                    record, places, file, self._defaults.decimal, frozenset(self._defaults.missing), may_lack=True
                )
                for made in maker.make(cells, number, tally):
                    if any(value not in (None, "") for value in made.values.values()):
                        yield made._replace(values=_keys(made.feed, about) | dict(made.values))

    @staticmethod
    def _is_of(rule: FormRule, kind: str, item: Mapping[str, Any]) -> bool:
        title = str(item.get(_TITLES[kind]) or "").strip().casefold()
        template = linked_id(item, _TEMPLATES[kind])
        is_any = not rule.titles and not rule.templates
        return rule.kind == kind and (is_any or title in rule.titles or template in rule.templates)

    def count_questions_never_found(self, tally: Tally) -> None:
        """Count the fields of the mapping whose question no form has: a template was renamed, or the mapping is wrong."""
        for rule in self._rules:
            for record in rule.records:
                for one in record.rules:
                    names = {name.strip().casefold() for name in one.columns}
                    if names and not names & self._found:
                        tally.unmapped(f"{record.feed}.{one.name}", "no form has the question", one.line)


def _answers(item: Mapping[str, Any]) -> dict[str, Cell]:
    """Question, in lower case, to its answer: text without HTML, or the answers that were ticked. The first of a name counts."""
    answers: dict[str, Cell] = {}
    content = item.get("content")
    for section in _list(content, "sections"):
        for question in _list(section, "questions"):
            if not isinstance(question, dict) or not isinstance(question.get("name"), str):
                continue
            name = question["name"].strip().casefold()
            if question.get("type") in ("radiobuttons", "checkboxes"):
                answers.setdefault(name, _ticked(question))
            elif question.get("type") in ("text", "paragraph", "date"):
                text = html.unescape(_TAG.sub(" ", str(question.get("answer") or "")))
                answers.setdefault(name, " ".join(text.split()))
    return answers


def _ticked(question: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        str(answer["value"]).strip()
        for answer in _list(question, "answers")
        if isinstance(answer, dict) and answer.get("selected") is True and answer.get("value") is not None
    )


def _list(block: Any, name: str) -> list[Any]:
    found = block.get(name) if isinstance(block, dict) else None
    return found if isinstance(found, list) else []


def _about(kind: str, item: Mapping[str, Any]) -> dict[str, str | None]:
    """Whose form it is, of which booking and when it was written."""
    when = item.get("completed_at") if kind == "patient_forms" else item.get("created_at")
    return {
        "patient": linked_id(item, "patient"),
        "booking": linked_id(item, "booking"),
        "when": when if isinstance(when, str) else None,
    }


def _keys(feed: str, about: Mapping[str, str | None]) -> dict[str, Any]:
    """What makes a form's record part of the right row: its session where it names one, else its patient and day."""
    if feed in OF_A_SESSION and about["booking"]:
        return {"session_key": about["booking"]}
    return {"patient_key": about["patient"], WHEN[feed]: about["when"]}


def linked_id(item: Mapping[str, Any], name: str) -> str | None:
    """The id at the end of an item's link, as in `patient.links.self`; None where there is none."""
    link = item.get(name)
    links = link.get("links") if isinstance(link, dict) else None
    address = links.get("self") if isinstance(links, dict) else None
    return address.rstrip("/").rpartition("/")[2] or None if isinstance(address, str) else None
