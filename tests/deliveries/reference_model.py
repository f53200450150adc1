"""What must be in force, in plain Python: dictionaries, loops and the csv module; of Stepcare only the contract's declarations."""

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass, field
from math import trunc

from pipelines.contracts import FEEDS, Feed, Field

BLANKS = "".join(map(chr, [0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]))
NUMBER = re.compile(r"[\t-\r ]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[\t-\r ]*")
TOKENS = (".a", ".p", ".d", ".u", ".n", ".s", ".x")
LAB = {("crp", "mg/L"): (0, 500), ("esr", "mm/h"): (0, 150), ("hba1c", "mmol/mol"): (15, 200), ("hba1c", "%"): (3, 20),
       ("b12", "pmol/L"): (30, 2000)}  # fmt: skip
Row = dict[str, str | None]
csv.field_size_limit(1 << 30)


@dataclass
class Received:
    """A delivery that can be used: `content` tells it from others, `files` holds the rows by feed, `blocked` the lost feeds."""

    clinic: str
    delivery_id: str
    content: str
    mode: str
    files: dict[str, list[Row]]
    blocked: set[str] = field(default_factory=set)


def records(content: bytes) -> list[dict[str, str]]:
    """The records of a CSV file, by column; a blank line is none."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True, skipinitialspace=True))
    return [dict(zip([name.strip() for name in rows[0]], row, strict=True)) for row in rows[1:] if row]


def value(one: Field, text: str | None) -> object:
    """The typed value, None when it is missing or breaks the contract."""
    if text is None:
        return None
    if one.type in ("int", "float"):
        number = float(text) if NUMBER.fullmatch(text) else float("nan")
        is_good = one.low <= number <= one.high and (one.type == "float" or number == trunc(number))
        return (number if one.type == "float" else int(number)) if is_good else None
    if one.type == "set":
        items = {item.strip(BLANKS) for item in text.split(";")}
        return () if text == "none" and "none" in one.rule else tuple(sorted(items)) if items <= {*one.codes} else None
    if one.type in ("tri", "bool"):
        return {"yes": True, "no": False}.get(text)
    is_good = text in one.codes if one.type == "enum" else re.fullmatch(one.pattern, text)
    return text if is_good else None


def reason(text: str | None, typed: object) -> str | None:
    """Why there is no value: as the clinic said, `a` where it said nothing, `x` where it said what breaks the contract."""
    return None if typed is not None else "a" if text is None else text[1] if text in TOKENS else "x"


def breaks_row(feed: Feed, row: Row, clinic: str) -> bool:
    """Whether the row alone has to be set aside."""
    if any(one.is_required and value(one, row[one.name]) is None for one in feed.fields):
        return True
    if feed.name == "intake":
        return row["clinic_code"] != clinic or int(row["schema_version"].split(".")[0]) != 1
    if feed.name == "lab" and row["test"] in {test for test, _ in LAB}:
        low, high = LAB.get((row["test"], row["unit"]), (1, 0))
        return not low <= float(row["value"]) <= high
    return False


def set_aside(feed: Feed, rows: list[Row], clinic: str) -> set[int]:
    """The numbers, from 1, of the rows that do not count: bad ones, and those that contradict each other under one key."""
    alike: dict[tuple, list[int]] = defaultdict(list)
    for number, row in enumerate(rows, 1):
        typed = [
            value(one, row[one.name]) if one.type == "int" else None for one in feed.fields if one.name in feed.key
        ]
        said = [row[one.name] for one in feed.fields if one.name in feed.key]
        alike[tuple(text if v is None else v for text, v in zip(said, typed, strict=True))].append(number)
    doubtful = [numbers for numbers in alike.values() if len({tuple(rows[n - 1].items()) for n in numbers}) > 1]
    return {n for n, row in enumerate(rows, 1) if breaks_row(feed, row, clinic)}.union(*doubtful)


def in_order(received: list[Received]) -> list[Received]:
    """Each content once, at the earliest name it has; of two contents under one name the one first received last has it."""
    receipts: dict[tuple[str, str, str], Received] = {}
    for one in received:
        receipts.setdefault((one.clinic, one.delivery_id, one.content), one)
    named = {(clinic, name): one for (clinic, name, _), one in receipts.items()}
    placed: dict[str, Received] = {}
    for _, one in sorted(named.items(), key=lambda item: item[0]):
        placed.setdefault(one.content, one)
    return list(placed.values())


def in_force(feed: str, placed: list[Received]) -> list[Received]:
    """Of each clinic the file of the latest snapshot that says something about the feed, and those of every later delta."""
    kept: list[Received] = []
    for one in placed:
        if one.mode == "snapshot" and feed not in one.blocked:
            kept = [other for other in kept if other.clinic != one.clinic]
        kept += [one] * (feed in one.files)
    return kept


def expected(received: list[Received]) -> tuple[dict[str, set[tuple]], dict[tuple[str, str], set[int]]]:
    """(by feed the records in force: clinic, then value and reason of every field; by content and feed the rows set aside)."""
    found: dict[str, dict[tuple, tuple]] = {}
    aside: dict[tuple[str, str], set[int]] = {}
    for name, feed in FEEDS.items():
        said = {one.content: _trimmed(feed, one.files[name]) for one in received if name in one.files}
        aside |= {
            (one.content, name): set_aside(feed, said[one.content], one.clinic) for one in received if name in one.files
        }
        rows = [
            (one, n, row) for one in in_force(name, in_order(received)) for n, row in enumerate(said[one.content], 1)
        ]
        users: dict[str | None, set[str]] = defaultdict(set)
        for one, _, row in rows if len(feed.key) == 1 else ():
            users[row[feed.key[0]]].add(one.clinic)
        found[name], parents = {}, {key[:2] for key in found.get(feed.parent or "", ())}
        for one, number, row in rows:
            if number not in aside[one.content, name] and len(users[row[feed.key[0]]]) < 2:
                typed = {of.name: value(of, row[of.name]) for of in feed.fields}
                cells = [(typed[column], reason(row[column], typed[column])) for column in feed.columns]
                key = (one.clinic, *(typed[column] for column in feed.key))
                found[name][key] = (one.clinic, *cells)
        place = feed.columns.index(feed.parent_key or feed.key[0]) + 1
        found[name] = {k: row for k, row in found[name].items() if not feed.parent or (k[0], row[place][0]) in parents}
    return {name: set(rows.values()) for name, rows in found.items()}, aside


def _trimmed(feed: Feed, rows: list[Row]) -> list[Row]:
    return [{name: (row.get(name) or "").strip(BLANKS) or None for name in feed.columns} for row in rows]
