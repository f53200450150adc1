"""The appendix as a typed document of sections and blocks. HTML, PDF and JSON are views of it; no number is made after it."""

from collections.abc import Iterable, Sequence
from typing import Literal

from markupsafe import Markup
from pydantic import ConfigDict, model_validator

from pipelines.reporting.figures import Figure
from pipelines.reporting.model import Stamp
from pipelines.reporting.shares import ContradictionError, Frozen

Tone = Literal["plain", "note", "result", "warning"]


class Text(Frozen):
    """One paragraph; `result` and `warning` stand out."""

    kind: Literal["text"] = "text"
    text: str
    tone: Tone = "plain"


class Bullets(Frozen):
    """A list."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[str, ...]


class Heading(Frozen):
    """A heading within a section."""

    kind: Literal["heading"] = "heading"
    text: str


class Table(Frozen):
    """A table whose first column names the row. `widths` are shares of the page's width, for the PDF."""

    kind: Literal["table"] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _is_even(self) -> "Table":
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ContradictionError(
                f"table '{self.caption}': a row has another number of cells than there are columns"
            )
        if self.widths and len(self.widths) != len(self.columns):
            raise ContradictionError(
                f"table '{self.caption}': {len(self.widths)} widths for {len(self.columns)} columns"
            )
        return self


class Picture(Frozen):
    """A picture as SVG for a wide and a narrow page, what it shows in words, and its numbers as a table.

    Only what `Drawing` has escaped is Markup: a plain string is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    kind: Literal["picture"] = "picture"
    caption: str
    description: str
    wide: Markup
    narrow: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Text | Bullets | Heading | Table | Picture


class Section(Frozen):
    """One section: what it answers in one plain sentence, then everything a statistician asks for."""

    id: str
    title: str
    answers: str
    blocks: tuple[Block, ...]


class Appendix(Frozen):
    """The methods appendix of one published night."""

    schema_version: Literal["1.0.0"] = "1.0.0"
    stamp: Stamp
    title: str
    sections: tuple[Section, ...]

    @model_validator(mode="after")
    def _names_each_section_once(self) -> "Appendix":
        ids = [section.id for section in self.sections]
        if len(set(ids)) != len(ids):
            raise ContradictionError("the appendix has two sections of one name")
        return self


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float] = ()
) -> Table | Text:
    """A table, or in words that there is nothing to show."""
    filled = tuple(tuple(row) for row in rows)
    if not filled:
        return Text(text=f"{caption}: none.", tone="note")
    return Table(caption=caption, columns=tuple(columns), rows=filled, widths=tuple(widths))


def picture(figure: Figure) -> Picture:
    """A figure of the reports as a picture of the appendix."""
    return Picture(
        caption=figure.caption,
        description=figure.description,
        wide=figure.wide,
        narrow=figure.narrow,
        columns=figure.columns,
        rows=figure.rows,
    )
