"""All sections of an installation on one night: asked, protected, and written as `report.sections` and `report.section_values`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.configuration import CONFIGURATION, read_section
from pipelines.errors import UsageError
from pipelines.privacy.profiles import Profile
from pipelines.results.opening import BEFORE_AFTER, OF_RECORDS
from pipelines.results.sections import LONGEST_METHOD, Scope
from pipelines.sections.asking import Asked, FoundSection, ask, files_with_sections, sections_of
from pipelines.sections.protecting import CLINIC, Protected, figure_of, protect
from pipelines.sections.refusals import NotShown, Refusal
from pipelines.sections.texts import look_at_texts, must_be_clinics
from pipelines.unexpected import words_for

NETWORK = "network"
SECTIONS = {
    "section": "varchar", "scope": "varchar", "title": "varchar", "method": "varchar", "note": "varchar", "is_made": "boolean",
    "reason": "varchar", "has_more": "boolean", "estimate": "varchar", "lower": "varchar", "upper": "varchar", "axis": "varchar",
    "reference": "double",
}  # fmt: skip
VALUES = {
    "section": "varchar", "clinic_code": "varchar", "row_no": "bigint", "row_name": "varchar", "column_no": "bigint",
    "column_name": "varchar", "kind": "varchar", "number": "double", "words": "varchar",
}  # fmt: skip
Open = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
_NOTES = {
    BEFORE_AFTER: "How patients fared, not what a treatment did: most people get better in time, and groups that differ here "
    "differed before. Of those who answered; who did not may have fared otherwise.",
    OF_RECORDS: "From records, adjusted for what was recorded, not from a trial. Positive is better for the arm that is named "
    "first; a doubt is read with its estimate.",
}
"""What a report tells of the notes of `pipelines.results`. A note of an analyst's own is not told: it could hold a count."""


@dataclass(frozen=True)
class SectionSettings:
    """The table `[sections]`: the folder of the files that have sections (empty: there are none), and how long one may take."""

    folder: str = ""
    seconds: int = 30


def section_settings(home: Path) -> SectionSettings:
    """What the installation says of sections. Raises UsageError for a folder that is not there and for a time that is none."""
    said = read_section(home, "sections", SectionSettings)
    if said.folder and not (home / said.folder).is_dir():
        raise UsageError(f"{home / CONFIGURATION}: [sections] folder {said.folder} is no folder")
    if said.seconds < 1:
        raise UsageError(f"{home / CONFIGURATION}: [sections] seconds must be 1 or more")
    return said


@dataclass(frozen=True)
class Made:
    """A section that was asked: what it is, its protected rows, or why it is not shown, with a detail for the run's log."""

    section: FoundSection
    asked: Asked | None = None
    protected: Protected | None = None
    refusal: Refusal | None = None
    said: str = ""


def make_sections(home: Path, warehouse: Path, open_warehouse: Open, profile: Profile) -> list[Made]:
    """Ask every section of the installation and protect what it gives; an own mistake of a section is told, never raised.

    Nobody may be writing to `warehouse` when this begins; `open_warehouse` opens it for looking up keys. Raises UsageError for a
    `[sections]` that cannot be read.
    """
    settings = section_settings(home)
    folder = home / settings.folder
    made = [] if not settings.folder else list(_asked(folder, warehouse, home, settings.seconds))
    if not made:
        return []
    with open_warehouse() as con:
        clinics = {code for (code,) in con.execute("select distinct clinic_code from cohort.episodes").fetchall()}
        return [
            _protected(con, _named(con, one, number, clinics), clinics, profile) for number, one in enumerate(made, 1)
        ]


def _asked(folder: Path, warehouse: Path, home: Path, seconds: int) -> Iterator[Made]:
    for file in files_with_sections(folder):
        try:
            found = sections_of(file, home, seconds)
        except NotShown as error:
            unread = FoundSection(file.stem, f"Section {file.stem.replace('_', ' ')}", "network", "", file, "")
            yield Made(unread, refusal=error.refusal, said=str(error))
            continue
        for section in found:
            try:
                yield Made(section, ask(section, warehouse, home, seconds))
            except NotShown as error:
                yield Made(section, refusal=error.refusal, said=str(error))
            except Exception as error:  # noqa: BLE001 (no answer of an analyst's may stop the reports; its text may be a value)
                yield Made(section, refusal=Refusal.ERROR, said=words_for(error))


def _named(con: duckdb.DuckDBPyConnection, one: Made, number: int, clinics: set[str]) -> Made:
    """The section under its own name, or under none when the name could tell who somebody is."""
    section = one.section
    try:
        look_at_texts(con, [section.code, section.title, section.method], clinics, LONGEST_METHOD)
    except NotShown as error:
        unnamed = replace(section, code=f"section_{number}", title=f"Section {number}", method="")
        return Made(unnamed, refusal=error.refusal, said=str(error))
    return one


def _protected(con: duckdb.DuckDBPyConnection, one: Made, clinics: set[str], profile: Profile) -> Made:
    section, asked = one.section, one.asked
    if asked is None:
        return one
    try:
        protected = protect(asked, section.scope, profile)
        look_at_texts(con, _texts(asked), clinics)
        if CLINIC in protected.key:
            must_be_clinics(asked.df[CLINIC], clinics)
    except NotShown as error:
        return Made(section, refusal=error.refusal, said=str(error))
    except Exception as error:  # noqa: BLE001 (no answer of an analyst's may stop the reports; its text may be a value)
        return Made(section, refusal=Refusal.ERROR, said=words_for(error))
    return Made(section, asked, protected)


def _texts(asked: Asked) -> Iterator[str]:
    yield from asked.kinds
    if asked.dots:
        yield str(asked.dots["axis"])
    for name, kind in asked.kinds.items():
        if kind == "text":
            yield from (value for value in asked.df[name] if value is not None)


def tables_of(made: list[Made]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sections and their values, as `report.sections` and `report.section_values` hold them."""
    sections = [_section_row(one) for one in made]
    values = [
        value for one in made if one.protected and one.asked for value in _values(one.section, one.asked, one.protected)
    ]
    return pd.DataFrame(sections, columns=list(SECTIONS)), pd.DataFrame(values, columns=list(VALUES))


def _section_row(one: Made) -> dict[str, Any]:
    section, asked, protected = one.section, one.asked, one.protected
    row: dict[str, Any] = {
        "section": section.code,
        "scope": section.scope,
        "title": section.title,
        "method": section.method,
    }
    if asked is None or protected is None:
        return row | {"is_made": False, "reason": str(one.refusal), "has_more": False}
    row |= {"note": _NOTES.get(asked.note), "is_made": True, "has_more": protected.has_more}
    dots = asked.dots
    if (
        dots
        and dots["factor"] == 1
        and {dots["estimate"], dots["lower"], dots["upper"]} <= {str(name) for name in protected.rows.columns}
    ):
        row |= {name: dots[name] for name in ("estimate", "lower", "upper", "axis", "reference")}
    return row


def _values(section: FoundSection, asked: Asked, protected: Protected) -> Iterator[dict[str, Any]]:
    shares = {f"{part}{ending}": kind for part, _ in asked.parts for ending, kind in _ENDINGS.items()}
    names = [
        name
        for part in protected.rows.columns
        if (name := str(part)) not in protected.key and not name.endswith("_is_suppressed")
    ]
    told_by = _told(asked, protected, section.scope)
    counted, figures = protected.declared.columns, dict(protected.declared.figures)
    for row_no, row in enumerate(protected.rows.to_dict("records"), start=1):
        place = str(row[CLINIC]) if section.scope == "clinic" else NETWORK
        told = {
            "section": section.code,
            "clinic_code": place,
            "row_no": row_no,
            "row_name": _name(row, asked, told_by),
        }
        for column_no, name in enumerate(names, start=1):
            kind = "count" if name in counted else shares.get(name) or ("figure" if name in figures else "words")
            value = None if pd.isna(row[name]) else row[name]
            number = None if kind == "words" or value is None else float(value)
            yield told | {
                "column_no": column_no,
                "column_name": name,
                "kind": kind,
                "number": figure_of(number) if kind == "figure" else number,
                "words": _text(name, value, kind, is_withheld=bool(row.get(f"{figures.get(name)}_is_suppressed"))),
            }


_ENDINGS = {"_percent": "percent", "_percent_lower": "percent", "_percent_upper": "percent", "_percent_words": "words"}


def _name(row: dict[Any, Any], asked: Asked, told: Sequence[str]) -> str:
    """What a row is of, in words."""
    said = [
        f"{name.replace('_', ' ')} {row[name]}" if asked.kinds[name] == "whole" else _words(name, row[name])
        for name in told
    ]
    words = " · ".join(said) or "This clinic"
    return f"{words[:1].upper()}{words[1:]}"


def _told(asked: Asked, protected: Protected, scope: Scope) -> list[str]:
    """The columns that name a row: those of the key that tell rows apart, but for the clinic on its own page."""
    key = [name for name in protected.key if not (scope == "clinic" and name == CLINIC)]
    return [name for name in key if len(asked.df[name].unique()) > 1] or key


def _text(name: str, value: object, kind: str, *, is_withheld: bool) -> str | None:
    """The words of a value; those of a figure that there is none of are empty, so that it is not read as withheld."""
    if value is not None:
        return _words(name, value) if kind == "words" else None
    return "" if kind == "figure" and not is_withheld else None


def _words(name: str, value: object) -> str:
    if isinstance(value, bool):
        return f"{name.replace('_', ' ')}: {'yes' if value else 'no'}"
    return str(value).replace("_", " ")


def write_sections(con: duckdb.DuckDBPyConnection, made: list[Made]) -> dict[str, int]:
    """Replace the two tables of the sections; returns their rows."""
    written = {}
    for name, columns, rows in zip(("sections", "section_values"), (SECTIONS, VALUES), tables_of(made), strict=True):
        con.register("released", rows.astype(object).where(rows.notna(), None))
        listed = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns.items())
        con.execute(f"create or replace table report.{name} as select {listed} from released").fetchall()
        con.unregister("released")
        written[name] = len(rows)
    return written
