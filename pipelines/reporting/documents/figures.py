"""A report as the list of all that it says: one line a value, with the path of fields that leads to it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from pydantic import BaseModel

Value = str | int | float | bool | None
_NAMED_BY = (
    "code", "title", "check_name", "clinic_code", "delivery_id", "trial", "contrast", "outcome", "group_name", "group_level",
    "source", "day", "feed", "field", "scope", "rule", "level", "finding", "quantity", "regime", "analysis", "step_no",
    "item_no", "category", "measure", "name", "arm",
)  # fmt: skip
"""Fields that tell the parts of one list apart; a part without any is told by its number."""

IN_ALL = "In all"
STAMPED = ("stamp", "edition", "schema_version")
"""Fields that say which report it is, not what it says."""


@dataclass(frozen=True)
class Figure:
    """One value: its section (a field of the report), what it belongs to there, its own field, and what it says."""

    section: str
    item: str
    field: str
    value: Value

    @property
    def path(self) -> str:
        """The whole path in words."""
        return ": ".join(filter(None, (words_of(self.section), self.item, self.field.replace("_", " "))))

    @property
    def is_number(self) -> bool:
        """Whether it is a number, not a text, a yes or no, or nothing."""
        return isinstance(self.value, (int, float)) and not isinstance(self.value, bool)


def words_of(field: str) -> str:
    """A field's name as a heading: 'refused_deliveries' is 'Refused deliveries'."""
    text = field.removeprefix("n_").replace("_", " ")
    return f"{text[:1].upper()}{text[1:]}"


def figures_of(report: BaseModel) -> list[Figure]:
    """Every value of the report in the order of its fields, but for its stamp."""
    found: list[Figure] = []
    for section in type(report).model_fields:
        if section not in STAMPED:
            _collect(found, section, getattr(report, section), "", "")
    return found


def _collect(found: list[Figure], section: str, thing: Any, item: str, field: str) -> None:
    """Add everything in `thing`: a model's fields follow each other, each part of a list is an item."""
    if isinstance(thing, BaseModel):
        before = f"{field} " if field else ""
        for name in type(thing).model_fields:
            _collect(found, section, getattr(thing, name), item, before + name)
    elif isinstance(thing, (tuple, list)):
        for name, part in zip(_names(thing), thing, strict=True):
            if isinstance(part, BaseModel):
                _collect(found, section, part, " · ".join(filter(None, (item, field, name))), "")
            else:
                _collect(found, section, part, item, f"{field} {name}".strip())
    elif isinstance(thing, dict):
        for name, part in thing.items():
            _collect(found, section, part, item, f"{field} {name}".strip())
    else:
        found.append(Figure(section, item, field, _plain(thing)))


@cache
def _naming(kind: type[BaseModel]) -> tuple[str, ...]:
    return tuple(name for name in _NAMED_BY if name in kind.model_fields or hasattr(kind, name))


def _names(parts: Sequence[Any]) -> list[str]:
    """A name for each part of a list, no two the same."""
    named = [
        ", ".join(str(said) for name in _naming(type(part)) if (said := getattr(part, name)) not in (None, ""))
        if isinstance(part, BaseModel)
        else ""
        for part in parts
    ]
    times = Counter(named)
    return [
        name if name and times[name] == 1 else " ".join(filter(None, (name, str(number))))
        for number, name in enumerate(named, start=1)
    ]


def _plain(value: Any) -> Value:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def changes_between(before: list[Figure], after: list[Figure]) -> tuple[str, ...]:
    """What a correction changed, in words: each value that another report of the same period gives otherwise."""
    was = {(one.section, one.item, one.field): one.value for one in before}
    now = {(one.section, one.item, one.field): one for one in after}
    said = [
        f"{one.path}: {shown(was[key])} is now {shown(one.value)}"
        if key in was
        else f"{one.path}: new, {shown(one.value)}"
        for key, one in now.items()
        if was.get(key, _ABSENT) != one.value
    ]
    said += [f"{one.path}: no longer given" for one in before if (one.section, one.item, one.field) not in now]
    return tuple(said)


_ABSENT = object()


def shown(value: Value) -> str:
    """A value as a view prints it; what is withheld is said to be."""
    if value is None:
        return "not shown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if isinstance(value, int) else value


def lines_of(figures: Sequence[Figure]) -> dict[str, list[tuple[str, str]]]:
    """By section, one line an item with all that is said of it in words: what is withheld or not there is left out, and what
    the item is called by. What belongs to no item of a list stands together, a line a field of the report."""
    found: dict[str, dict[str, list[str]]] = {}
    for one in figures:
        is_in_name = isinstance(one.value, str) and one.value in one.item
        if one.value is not None and one.value != "" and not is_in_name:
            section, what = (words_of(one.section), one.item) if one.item else (IN_ALL, words_of(one.section))
            said = f"{one.field.replace('_', ' ')} {shown(one.value)}".strip()
            found.setdefault(section, {}).setdefault(what, []).append(said)
    return {section: [(what, "; ".join(said)) for what, said in items.items()] for section, items in found.items()}
