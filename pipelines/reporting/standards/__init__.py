"""What a reporting standard asks, one data file a standard, and whether this night's document answers it.

An item is either filled by the pipeline (a section of the appendix and the released tables it stands on) or open: only people can
know it. An open item is printed as 'to be completed by the analyst' and never filled in. An automatic item is missing when its
section is absent, or a table of it is absent or empty and no refusal explains that.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

_FOLDER = Path(__file__).parent
NAMES = ("target", "tripod_ai", "strobe_record", "path_iceman", "model_card")
TO_BE_COMPLETED = "To be completed by the analyst"

State = Literal["filled", "refused", "open", "missing"]


class Tables(Protocol):
    """Released tables as the standards look at them."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name, without their schema."""

    def is_refused(self, name: str) -> bool:
        """Whether any row of the table is a refusal with its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: what it asks in our words, and what fills it. `analyst` says what people must add to an automatic item.

    Raises ValueError when it names neither a section nor the analyst, or both.
    """

    no: str
    section: str
    asks: str
    place: str = ""
    tables: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    analyst: str = ""
    by: str = ""

    def __post_init__(self) -> None:
        if bool(self.place) == (self.by == "analyst"):
            raise ValueError(f"item {self.no}: it is filled either by a section ('place') or by = 'analyst'")
        if strange := [name for name in (*self.tables, *self.explained_by) if not name.startswith("report.")]:
            raise ValueError(f"item {self.no}: {strange[0]} is not a released table (report.*)")


@dataclass(frozen=True, slots=True)
class Standard:
    """A reporting standard with its items; `mark` is V when its source was looked up, R when it was recalled.

    `size` is how many numbered items it has; items of one number (3a, 3b) count once. Raises ValueError when that differs.
    """

    name: str
    title: str
    about: str
    source: str
    mark: str
    size: int
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        if len({item.no for item in self.items}) != len(self.items):
            raise ValueError(f"{self.title}: an item is numbered twice")
        found = len({item.no.rstrip("abcdefgh") for item in self.items})
        if found != self.size:
            raise ValueError(f"{self.title}: it has {self.size} items, and {found} are listed")


@dataclass(frozen=True, slots=True)
class Judged:
    """An item and whether tonight's document answers it."""

    item: Item
    state: State


@cache
def standards() -> tuple[Standard, ...]:
    """Every standard, read and checked."""
    return tuple(_read(name) for name in NAMES)


def _read(name: str) -> Standard:
    read = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return Standard(name=name, items=tuple(_item(row) for row in read.pop("item")), **read)


def _item(row: dict[str, Any]) -> Item:
    lists: dict[str, Any] = {name: tuple(row.get(name, ())) for name in ("tables", "explained_by")}
    return Item(**row | lists)


def judge(standard: Standard, released: Tables, sections: Collection[str]) -> tuple[Judged, ...]:
    """Each item of the standard with its state; `sections` are the ids of the document's sections."""
    return tuple(Judged(item, _state(item, released, sections)) for item in standard.items)


def _state(item: Item, released: Tables, sections: Collection[str]) -> State:
    if item.by == "analyst":
        return "open"
    if item.place not in sections:
        return "missing"
    names = [name.removeprefix("report.") for name in item.tables]
    if any(name not in released.tables for name in names):
        return "missing"
    if all(len(released.tables[name]) for name in names):
        return "filled"
    explaining = [*names, *(name.removeprefix("report.") for name in item.explained_by)]
    return "refused" if any(released.is_refused(name) for name in explaining) else "missing"


def missing(released: Tables, sections: Collection[str]) -> list[str]:
    """The automatic items that nothing fills and no refusal explains: 'TARGET 13 (report.effects)'."""
    return [
        f"{standard.title} {one.item.no} ({', '.join(one.item.tables) or one.item.place})"
        for standard in standards()
        for one in judge(standard, released, sections)
        if one.state == "missing"
    ]
