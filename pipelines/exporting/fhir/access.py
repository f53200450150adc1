"""Typed access to the elements of R4 that are read: a wrong type is said to be one, never passed on.

Only these elements are looked at. Names, addresses, telephone numbers, narrative (`text`), notes and displays never are.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

Json = dict[str, Any]

ABSENT = {
    "not-performed": ".p",
    "asked-declined": ".d",
    "asked-unknown": ".u",
    "not-applicable": ".n",
    "masked": ".s",
    "not-asked": ".a",
}
"""Codes of data-absent-reason as tokens of the contract; all others are `.a`, not recorded."""

ABSENT_URL = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_SCORE_URLS = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
)


class Malformed(ValueError):
    """A resource that is not as R4 says; the text is a fixed one of ours."""


def wrong(element: str) -> NoReturn:
    """Raise Malformed for an element of the wrong type."""
    raise Malformed(f"an element of the wrong type: {element}")


def text_of(parent: Json, name: str) -> str:
    """The text of an element, '' when it is absent."""
    value = parent.get(name, "")
    return value if isinstance(value, str) else wrong(name)


def part_of(parent: Json, name: str) -> Json:
    """The object under an element, empty when it is absent."""
    value = parent.get(name)
    if value is None:
        return {}
    return value if isinstance(value, dict) else wrong(name)


def parts_of(parent: Json, name: str) -> list[Json]:
    """The objects of a repeating element, empty when it is absent."""
    value = parent.get(name)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    return wrong(name)


def codes_of(concept: Json) -> tuple[str, ...]:
    """The codings of a CodeableConcept as `system|code`, a code without a system alone."""
    return tuple(code for coding in parts_of(concept, "coding") if (code := code_of(coding)))


def code_of(coding: Json) -> str:
    """A Coding as `system|code`, '' without a code."""
    system, code = text_of(coding, "system"), text_of(coding, "code")
    return f"{system}|{code}" if system and code else code


def own_code(parent: Json, name: str) -> str:
    """The first code of a CodeableConcept of HL7's own, without its system: a status and the like."""
    codes = codes_of(part_of(parent, name))
    return codes[0].rpartition("|")[2] if codes else ""


def key_of(reference: Json) -> str:
    """What a Reference points to: the id alone, so that relative, absolute and `urn:uuid:` ones of one resource are the same.

    A search reference (`Practitioner?identifier=system|value`) or logical one gives `system|value`.
    """
    said = text_of(reference, "reference")
    if not said:
        identifier = part_of(reference, "identifier")
        system, value = text_of(identifier, "system"), text_of(identifier, "value")
        return f"{system}|{value}" if value else ""
    if "?" in said:
        return said.partition("identifier=")[2]
    return id_in(said)


def id_in(address: str) -> str:
    """The id at the end of an address or `urn:uuid:`, without its version."""
    return address.partition("/_history/")[0].rpartition("/")[2].removeprefix("urn:uuid:").removeprefix("urn:oid:")


def absent_token(parent: Json) -> str:
    """The contract's token for a `dataAbsentReason`, or for the extension on an element; '' when neither is there."""
    if "dataAbsentReason" in parent:
        return ABSENT.get(own_code(parent, "dataAbsentReason"), ".a")
    for extension in parts_of(parent, "extension"):
        if extension.get("url") == ABSENT_URL:
            return ABSENT.get(text_of(extension, "valueCode"), ".a")
    return ""


def score_in(coding: Json) -> float | None:
    """The ordinal value or weight of an answer, where its Coding has one."""
    for extension in parts_of(coding, "extension"):
        if extension.get("url") in _SCORE_URLS:
            return number(extension.get("valueDecimal"), "valueDecimal")
    return None


def number(value: Any, element: str) -> float:
    """A JSON number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong(element)
    return value


def first_text(parent: Json, names: tuple[str, ...]) -> str:
    """The first of several elements that is there; of a Period its start."""
    for name in names:
        if name in parent:
            value = parent[name]
            return text_of(value, "start") if isinstance(value, dict) else text_of(parent, name)
    return ""


def day_of(said: str, zone: ZoneInfo) -> str:
    """The day of a FHIR date or dateTime in the clinic's zone as 'YYYY-MM-DD'; '' for one without a day.

    Raises Malformed for what is no date.
    """
    if len(said) <= 7:
        if said and not (said[:4].isdigit() and (len(said) == 4 or (len(said) == 7 and said[4] == "-"))):
            raise Malformed("a date that is none")
        return ""
    moment = moment_of(said)
    return moment.date().isoformat() if moment.tzinfo is None else moment.astimezone(zone).date().isoformat()


def moment_of(said: str) -> datetime:
    """A FHIR date or dateTime with a day. Raises Malformed for what is none."""
    if said[4:5] != "-" or said[7:8] != "-":
        raise Malformed("a date that is none")
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        raise Malformed("a date that is none") from None


def every_item(parent: Json, depth: int = 0) -> Iterator[Json]:
    """Every item of a QuestionnaireResponse with those below it, and below answers, up to 10 levels."""
    if depth == 10:
        raise Malformed("items nested more than 10 deep")
    for item in parts_of(parent, "item"):
        yield item
        yield from every_item(item, depth + 1)
        for answer in parts_of(item, "answer"):
            yield from every_item(answer, depth + 1)
