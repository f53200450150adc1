"""A simulated clinic turned back into what a practice would have: its own numbers, names, dates, labels, and a mapping of them."""

import csv
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from pipelines.contracts import FEEDS, Field
from pipelines.exporting.records import DAY_FIELDS, KEY_FIELDS
from tests.exporting.canaries import CANARIES

EXTRACT = date(2026, 11, 1)
_TOKENS = {
    ".a": "Not recorded",
    ".p": "Not tested",
    ".d": "Declined",
    ".u": "Does not know",
    ".n": "n.a.",
    ".s": "Masked",
}
_FORMS = {"DD/MM/YYYY": "%d/%m/%Y", "MM/DD/YYYY": "%m/%d/%Y", "DD.MM.YYYY": "%d.%m.%Y", "ISO": "%Y-%m-%d"}
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_ENCODINGS = ("utf-8-sig", "utf-8", "cp1252", "utf-16")
_OFFSETS = ("exam_day", "day", "study_day", "session_day", "due_day", "completed_day")
_LEFT_OUT = ("clinic_code", "schema_version", "index_period", "observed_through_day")
_IDENTIFYING = ("Patient name", "Phone", "E-mail", "Home address", "NHS number", "Notes")

Rows = list[dict[str, str]]


@dataclass
class Practice:
    """How the practice writes: drawn at random, so that the same facts are told in many ways."""

    rng: random.Random
    has_episodes: bool = True
    keys: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.form = self.rng.choice(sorted(_FORMS))
        self.delimiter = self.rng.choice(sorted(_DELIMITERS))
        self.encoding = self.rng.choice(_ENCODINGS)
        self.decimal = self.rng.choice((".", ","))
        self.is_sheet = self.rng.random() < 0.3

    def own_key(self, name: str, pseudonym: str) -> str:
        """The practice's own number of what the delivery calls by a pseudonym."""
        kind = KEY_FIELDS[name]
        return self.keys.setdefault((kind, pseudonym), f"{kind[:3].upper()}-{len(self.keys) + 1}")

    def written(self, day: date) -> str | date:
        """A day as the practice writes it; in a spreadsheet, as often as not, a cell that is a date."""
        if self.is_sheet and self.rng.random() < 0.5:
            return day
        return day.strftime(_FORMS[self.form])


def read_feed(path: Path) -> Rows:
    """The rows of a delivered feed."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_practice(delivery: Path, folder: Path, practice: Practice, clinic_code: str) -> Path:
    """Write the delivery's facts as a practice's export into `folder`, and the mapping of it; returns the mapping's path."""
    intake = read_feed(delivery / "intake.csv")
    index_days = {row["episode_key"]: EXTRACT - timedelta(int(row["observed_through_day"])) for row in intake}
    patients = {row["episode_key"]: row["patient_key"] for row in intake}
    sessions = {row["session_key"]: row["episode_key"] for row in read_feed(delivery / "session.csv")}
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for feed in FEEDS:
        path = delivery / f"{feed}.csv"
        if path.exists():
            rows = read_feed(path)
            told = [_told(feed, row, index_days.get(_episode(row, sessions)), practice) for row in rows]
            if not practice.has_episodes:
                told = [
                    _without_episode(feed, row, patients, one, practice, index_days)
                    for row, one in zip(rows, told, strict=True)
                ]
            files.append(_write(feed, told, list(rows[0]) if rows else list(FEEDS[feed].columns), folder, practice))
    mapping = {
        "clinic_code": clinic_code,
        "time_zone": "Europe/London",
        "fewest_of_a_category": 0,
        "source": {
            "kind": "tables",
            "dates": practice.form,
            "decimal": practice.decimal,
            "delimiter": practice.delimiter,
            "encoding": practice.encoding,
            "files": files,
        },
    }
    place = folder.with_suffix(".yaml")
    place.write_text(yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return place


def _without_episode(
    feed: str,
    row: dict[str, str],
    patients: dict[str, str],
    told: dict[str, Any],
    practice: Practice,
    index_days: dict[str, date],
) -> dict[str, Any]:
    """What a practice tells that knows no episodes: whose record it is, and when a form was filled in."""
    told = {name: value for name, value in told.items() if name != "Our episode_key"}
    if feed == "intake":
        return told | {"Our happened_on": practice.written(index_days[row["episode_key"]])}
    if "episode_key" in row:
        return told | {"Our patient_key": practice.own_key("patient_key", patients[row["episode_key"]])}
    return told


def _episode(row: dict[str, str], sessions: dict[str, str]) -> str:
    return row.get("episode_key") or sessions.get(row.get("session_key", ""), "")


def label(code: str) -> str:
    """How the practice calls a code."""
    return _TOKENS.get(code, f"{code.upper()} - as we say")


def _told(feed: str, row: dict[str, str], index_day: date | None, practice: Practice) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for one in FEEDS[feed].fields:
        value = row.get(one.name, "")
        if one.name in _LEFT_OUT or one.name not in row:
            continue
        if one.name in KEY_FIELDS:
            told[f"Our {one.name}"] = practice.own_key(one.name, value) if value and value[0] != "." else value
        elif one.name in _OFFSETS and one.name in DAY_FIELDS[feed]:
            assert index_day is not None
            is_day = value not in ("", *_TOKENS)
            told[f"Our {one.name}"] = practice.written(index_day + timedelta(int(value))) if is_day else ""
        elif one.name == "age_band" and value not in ("", *_TOKENS):
            assert index_day is not None
            told |= {"Our age_band": "", "Date of birth": practice.written(_birth(value, index_day, practice.rng))}
        else:
            told[f"Our {one.name}"] = _text(one, value, practice)
    identifying = practice.rng.sample(sorted(CANARIES.values()), len(_IDENTIFYING))
    return told | dict(zip(_IDENTIFYING, identifying, strict=True))


def _birth(band: str, index_day: date, rng: random.Random) -> date:
    low = int(band[:2])
    years = low + rng.randrange(0, 12 if low == 18 else 10)
    born = date(index_day.year - years, index_day.month, min(index_day.day, 28))
    return born - timedelta(rng.randrange(0, 300))


def _text(one: Field, value: str, practice: Practice) -> str:
    if value == "":
        return ""
    if one.type in ("enum", "tri", "bool"):
        return label(value)
    if one.type == "set":
        return "/".join(label(code) for code in value.split(";"))
    if one.type == "float" and value[0] != ".":
        return value.replace(".", practice.decimal)
    return value


def _write(
    feed: str, told: list[dict[str, Any]], delivered: list[str], folder: Path, practice: Practice
) -> dict[str, Any]:
    columns = sorted(
        {name for row in told for name in row} or {f"Our {name}" for name in delivered if name not in _LEFT_OUT}
    )
    practice.rng.shuffle(columns)
    rows = [[row.get(name, "") for name in columns] for row in told]
    practice.rng.shuffle(rows)
    name = f"{feed} 2026.{'xlsx' if practice.is_sheet else 'csv'}"
    if practice.is_sheet:
        _write_sheet(folder / name, columns, rows)
    else:
        with (folder / name).open("w", encoding=practice.encoding, newline="") as file:
            csv.writer(file, delimiter=_DELIMITERS[practice.delimiter]).writerows([columns, *rows])
    fields = {one.name: _rule(one) for one in FEEDS[feed].fields if f"Our {one.name}" in columns}
    fields |= {name: f"Our {name}" for name in ("patient_key", "happened_on") if f"Our {name}" in columns}
    if "Date of birth" in columns:
        fields["birth_date"] = "Date of birth"
    return {
        "file": f"{feed} *{name[-5:] if practice.is_sheet else '.csv'}",
        "records": [{"feed": feed, "fields": fields}],
    }


def _write_sheet(path: Path, columns: list[str], rows: Iterable[list[Any]]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    for row in (columns, *rows):
        sheet.append(row)
    book.save(path)


def _rule(one: Field) -> Any:
    column = [f"Our {one.name}", f"Earlier name of {one.name}"]
    if one.name in KEY_FIELDS or not one.codes:
        return column
    values = {label(code): code for code in (*one.codes, *_TOKENS)}
    if one.type == "set":
        return {"column": column, "values": values | {label("none"): "none"}, "split": "/"}
    return {"column": column, "values": values}
