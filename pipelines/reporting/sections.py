"""The sections that analysts added, as parts of a report, from their two released tables."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipelines.reporting.released_rows import Rows, grouped, plain_rows
from pipelines.reporting.shares import Frozen

TABLES = ("sections", "section_values")
_WHOLE_NUMBERS = ("count", "percent")


class SectionRow(Frozen):
    """What one row is of, and its released values by column; None is withheld."""

    name: str
    values: dict[str, int | float | str | None]


class SectionPicture(Frozen):
    """Which values are drawn, what the axis says, and a line to compare with."""

    estimate: str
    lower: str
    upper: str
    axis: str
    reference: float | None


class Section(Frozen):
    """A question that an analyst added to the report: its rows, or why it could not be made, in words."""

    code: str
    title: str
    method: str
    note: str | None
    is_made: bool
    not_made_because: str | None
    has_more_rows: bool
    picture: SectionPicture | None
    rows: tuple[SectionRow, ...]


def read_sections(tables: Mapping[str, pd.DataFrame], codes: list[str], network: str) -> dict[str, tuple[Section, ...]]:
    """The sections of each clinic and of the network, in the order they were asked; none without the two tables.

    A clinic's section that could not be made is told to every clinic.
    """
    if any(name not in tables for name in TABLES):
        return {}
    sections, values = (plain_rows(tables[name]) for name in TABLES)
    by_place = grouped(values, lambda row: (row["section"], row["clinic_code"]))
    found: dict[str, tuple[Section, ...]] = {}
    for row in sections:
        for place in codes if row["scope"] == "clinic" else [network]:
            section = _section(row, by_place.get((row["section"], place), []))
            found[place] = (*found.get(place, ()), section)
    return found


def _section(row: dict[str, Any], values: Rows) -> Section:
    rows = grouped(values, lambda value: (str(value["row_no"]),))
    is_drawn = row["estimate"] is not None
    return Section(
        code=row["section"],
        title=row["title"],
        method=row["method"],
        note=row["note"],
        is_made=row["is_made"],
        not_made_because=row["reason"],
        has_more_rows=row["has_more"],
        picture=SectionPicture(**{name: row[name] for name in SectionPicture.model_fields}) if is_drawn else None,
        rows=tuple(
            SectionRow(name=own[0]["row_name"], values={value["column_name"]: _value(value) for value in own})
            for own in rows.values()
        ),
    )


def _value(value: dict[str, Any]) -> int | float | str | None:
    number: float | None = value["number"]
    if number is None:
        is_text = value["kind"] == "words" and not value["column_name"].endswith("_percent_words")
        words: str | None = value["words"]
        return "" if words is None and is_text else words
    return int(number) if value["kind"] in _WHOLE_NUMBERS else number
