"""What must be in force, in plain Python: dictionaries, loops and the csv module; of Stepcare only the contract's declarations.

Given the deliveries that can be used, in the order in which they were received, `expected` says which records the current view
holds, with their values and reasons, and which rows had to be set aside.
"""

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
    header = [name.strip() for name in rows[0]]
    return [dict(zip(header, row, strict=True)) for row in rows[1:] if row]


def said(text: str | None) -> str | None:
    return (text or "").strip(BLANKS) or None


def value(declared: Field, text: str | None) -> object:
    """The typed value, None when it is missing or breaks the contract."""
    if text is None:
        return None
    if declared.type in ("int", "float"):
        number = float(text) if NUMBER.fullmatch(text) else None
        if number is None or not declared.low <= number <= declared.high:
            return None
        return number if declared.type == "float" else int(number) if number == trunc(number) else None
    if declared.type == "set":
        items = {item.strip(BLANKS) for item in text.split(";")}
        return (
            ()
            if text == "none" and "none" in declared.rule
            else tuple(sorted(items))
            if items <= {*declared.codes}
            else None
        )
    if declared.type in ("tri", "bool"):
        return {"yes": True, "no": False}.get(text)
    if declared.type == "enum":
        return text if text in declared.codes else None
    return text if re.fullmatch(declared.pattern, text) else None


def reason(text: str | None, typed: object) -> str | None:
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
    bad = {number for number, row in enumerate(rows, 1) if breaks_row(feed, row, clinic)}
    alike = defaultdict(list)
    for number, row in enumerate(rows, 1):
        keys = [one for one in feed.fields if one.name in feed.key]
        typed = [value(one, row[one.name]) if one.type == "int" else None for one in keys]
        alike[tuple(row[one.name] if v is None else v for one, v in zip(keys, typed, strict=True))].append(number)
    doubtful = (
        numbers for numbers in alike.values() if len({tuple(rows[number - 1].items()) for number in numbers}) > 1
    )
    return bad.union(*doubtful)


def expected(received: list[Received]) -> tuple[dict[str, set[tuple]], dict[tuple[str, str], set[int]]]:
    """(by feed the records in force: clinic, then value and reason of every field; by content and feed the rows set aside)."""
    files = {
        (one.content, feed): [{name: said(row.get(name)) for name in FEEDS[feed].columns} for row in rows]
        for one in received for feed, rows in one.files.items()
    }  # fmt: skip
    aside = {
        (one.content, feed): set_aside(FEEDS[feed], files[one.content, feed], one.clinic)
        for one in received for feed in one.files
    }  # fmt: skip
    receipts: dict[tuple[str, str, str], Received] = {}
    for one in received:
        receipts.setdefault((one.clinic, one.delivery_id, one.content), one)
    named = {(clinic, name): one for (clinic, name, _), one in receipts.items()}
    placed: dict[str, Received] = {}
    for _, one in sorted(named.items(), key=lambda item: item[0]):
        placed.setdefault(one.content, one)
    counts = {feed: in_force(feed, list(placed.values()), files) for feed in FEEDS}
    clinics = defaultdict(set)
    for feed in FEEDS.values():
        for one in counts[feed.name] if len(feed.key) == 1 else ():
            for row in files[one.content, feed.name]:
                clinics[feed.name, row[feed.key[0]]].add(one.clinic)
    found: dict[str, dict[tuple, tuple]] = {}
    for feed in FEEDS.values():
        found[feed.name] = {}
        for one in counts[feed.name]:
            for number, row in enumerate(files[one.content, feed.name], 1):
                typed = {one.name: value(one, row[one.name]) for one in feed.fields}
                if number not in aside[one.content, feed.name] and len(clinics[feed.name, row[feed.key[0]]]) < 2:
                    cells = ((typed[name], reason(row[name], typed[name])) for name in feed.columns)
                    found[feed.name][one.clinic, *(typed[name] for name in feed.key)] = (one.clinic, *cells)
        if feed.parent:
            parents = {(key[0], key[1]) for key in found[feed.parent]}
            place = feed.columns.index(feed.parent_key) + 1
            found[feed.name] = {k: row for k, row in found[feed.name].items() if (k[0], row[place][0]) in parents}
    return {name: set(rows.values()) for name, rows in found.items()}, aside


def in_force(feed: str, placed: list[Received], files: dict[tuple[str, str], list[Row]]) -> list[Received]:
    """Of each clinic the file of the latest snapshot that says something about the feed, and those of every later delta."""
    kept: list[Received] = []
    for one in placed:
        if one.mode == "snapshot" and feed not in one.blocked:
            kept = [other for other in kept if other.clinic != one.clinic]
        if (one.content, feed) in files:
            kept.append(one)
    return kept
