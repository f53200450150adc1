"""An answer to an analyst's question: its rows, how to read them, a table, a picture, and a copy that may be shared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from math import isnan
from pathlib import Path

import pandas as pd

from pipelines.errors import UsageError
from pipelines.privacy.profiles import NHS_HES, Profile

MOST_ROWS = 40
_LONG_CELL = 40
ONE_TABLE = (
    "Small counts are withheld within this table only: two tables that cut the same people differently can tell a small count "
    "between them, so share one. The reports are protected together."
)


@dataclass(frozen=True)
class Shown:
    """A table or picture: text where it is printed, HTML in a notebook, a file where it is saved."""

    text: str
    html: str

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html

    def save(self, path: Path | str) -> Path:
        """Write it to a file: `.txt` and `.md` as text, anything else as HTML or SVG. Returns the path."""
        place = Path(path)
        place.write_text(self.text if place.suffix in (".txt", ".md") else self.html, encoding="utf-8")
        return place


@dataclass(frozen=True)
class Dots:
    """How an answer is drawn: columns that name a row, the estimate with its limits, what its axis says, and a line to compare
    with (0 for a difference). `factor` turns the column's unit into the axis's."""

    labels: tuple[str, ...]
    estimate: str
    lower: str
    upper: str
    axis: str
    reference: float | None = None
    factor: float = 1.0


def share(part: str, labels: Sequence[str], axis: str) -> Dots:
    """How the share of a declared part in its whole is drawn, with its 95 % interval (Wilson)."""
    return Dots(tuple(labels), *share_columns(part), axis=axis)


def share_columns(part: str) -> tuple[str, str, str]:
    """The columns of a part's share in percent and of its limits."""
    return f"{part}_percent", f"{part}_percent_lower", f"{part}_percent_upper"


def with_shares(df: pd.DataFrame, parts: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """The rows with each part's share of its whole in whole percent and its Wilson interval."""
    from pipelines.privacy.disclosure import wilson_percent

    made = df.copy()
    for part, whole in parts:
        shares = [
            (None, None, None)
            if pd.isna(one) or pd.isna(of) or of == 0
            else (round(100 * one / of), *wilson_percent(int(one), int(of)))
            for one, of in zip(df[part], df[whole], strict=True)
        ]
        columns = list(share_columns(part))
        made[columns] = pd.DataFrame(shares, columns=columns, index=df.index, dtype="Int64")
    return made


@dataclass(frozen=True)
class Answer:
    """`df`: the rows. `note`: method and caveat, to be read with them.

    `counts`, `parts` and `figures` are what `safe` protects: columns that count people, pairs of a part and its whole, pairs
    of a figure and the count that it is of. `key` are the columns that tell its rows apart, where they are not just its texts.
    """

    title: str
    df: pd.DataFrame
    note: str
    counts: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    key: tuple[str, ...] = ()
    is_patient_level: bool = False
    is_safe: bool = False
    dots: Dots | None = None
    profile: Profile = NHS_HES

    def __len__(self) -> int:
        return len(self.df)

    def only(self, rows: Sequence[bool] | pd.Series, title: str = "") -> Answer:
        """The same answer of some of its rows: those where `rows` (a condition on `.df`) holds."""
        return replace(self, df=self.df[list(rows)].reset_index(drop=True), title=title or self.title)

    def table(self, most: int = MOST_ROWS, columns: Sequence[str] | None = None) -> Shown:
        """The first `most` rows, all or some columns, with title and note, numbers as people write them."""
        shown = self.df[list(columns or self.df.columns)].head(most)
        cells = [[_written(value) for value in row] for row in shown.itertuples(index=False, name=None)]
        heads = [str(name).replace("_", " ") for name in shown.columns]
        left = len(self.df) - len(shown)
        more = f"{left:,} more rows are in .df" if left else ""
        return Shown(
            _as_text(self.title, heads, cells, self.note, more), _as_html(self.title, heads, cells, self.note, more)
        )

    def chart(self) -> Shown:
        """A picture with its numbers in words. Raises UsageError when these rows have none."""
        from pipelines.results.charts import dots_with_intervals

        if self.dots is None:
            raise UsageError(f"there is no picture of '{self.title}': use .table(), or draw .df yourself")
        return dots_with_intervals(self.title, self.df, self.dots)

    def show(self) -> Shown:
        """The picture where these rows have estimates to draw and are few enough to read, else the table."""
        return self.chart() if self.is_drawable else self.table()

    @property
    def is_drawable(self) -> bool:
        """Whether these rows have a picture that can be read."""
        return self.dots is not None and 0 < int(self.df[self.dots.estimate].notna().sum()) <= MOST_ROWS

    def safe(self) -> Answer:
        """A copy that may be shared: counts withheld or rounded, with what could tell them.

        Raises UsageError for rows of patients, and where nobody said which columns count people.
        """
        from pipelines.privacy.disclosure import Declared, release_declared

        if self.is_safe:
            return self
        if self.is_patient_level:
            raise UsageError(
                f"'{self.title}' has a row a patient and cannot be made safe. Count first, or use `stepcare extract`"
            )
        if not (self.counts or self.parts):
            raise UsageError(
                f"'{self.title}' does not say which columns count people. Say so: "
                "results.sql(query, counts=['n'], parts=[('n_better', 'n')])"
            )
        said = Declared(counts=self.counts, parts=self.parts, figures=self.figures)
        released = release_declared(self.df, said, self.profile)
        return replace(self, df=released, note=f"{self.note} {ONE_TABLE}", is_safe=True)


def _written(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _as_text(title: str, heads: list[str], cells: list[list[str]], note: str, more: str) -> str:
    widths = [max(len(row[k]) for row in (heads, *cells)) for k in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *cells)
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([title, "", lines[0], rule, *lines[1:], *([more] if more else []), "", note])


def _cell_as_html(cell: str) -> str:
    kind = ' class="long"' if len(cell) > _LONG_CELL else ""
    return f"<td{kind}>{escape(cell)}</td>"


def _as_html(title: str, heads: list[str], cells: list[list[str]], note: str, more: str) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    rows = "".join("<tr>" + "".join(map(_cell_as_html, row)) + "</tr>" for row in cells)
    ending = "".join(f"<p>{escape(text)}</p>" for text in (more, note) if text)
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{ending}"
    )
