"""Estimates with their intervals, one row a name, as SVG with the numbers in words."""

from __future__ import annotations

from hashlib import sha256
from math import floor, log10

import pandas as pd

from pipelines.errors import UsageError
from pipelines.reporting.svg import BLUE, GRID, MUTED, NAVY, SKY, Drawing, Scale
from pipelines.results.answer import Dots, Shown

MOST_ROWS = 40
_ROW, _TOP, _PLOT, _LETTER = 24, 24, 404, 6.3
_LONGEST_NAME = 62


def dots_with_intervals(title: str, df: pd.DataFrame, dots: Dots) -> Shown:
    """The rows that have an estimate, at most 40, on one axis. Raises UsageError when there are none, or too many to read."""
    rows = df[df[dots.estimate].notna()]
    if rows.empty:
        raise UsageError(f"'{title}' has no estimate to draw: every row is refused or withheld")
    if len(rows) > MOST_ROWS:
        raise UsageError(
            f"'{title}' has {len(rows)} rows, too many for one picture: choose some of .df, or ask by less"
        )
    values = rows[[dots.estimate, dots.lower, dots.upper]].astype(float) * dots.factor
    names = [
        ", ".join(str(value).replace("_", " ") for value in row)
        for row in rows[list(dots.labels)].itertuples(index=False)
    ]
    said = [
        f"{name}: {number_words(one)}"
        + (f" ({number_words(low)} to {number_words(high)})" if pd.notna(low) and pd.notna(high) else "")
        for name, (one, low, high) in zip(names, values.itertuples(index=False, name=None), strict=True)
    ]
    drawing = _drawn(title, names, values, dots)
    key = sha256("; ".join([title, *said]).encode()).hexdigest()[:8]
    svg = drawing.markup(f"answer-{key}", title, "; ".join(said))
    return Shown("\n".join([title, dots.axis, "", *said]), _standalone(svg, drawing))


def _drawn(title: str, names: list[str], values: pd.DataFrame, dots: Dots) -> Drawing:
    low, high = float(values.min().min()), float(values.max().max())
    if dots.reference is not None:
        low, high = min(low, dots.reference), max(high, dots.reference)
    room = (high - low) * 0.04 or 1.0
    longest = max(min(len(name), _LONGEST_NAME) for name in names)
    left = max(60.0, 24 + _LETTER * longest)
    x = Scale(low - room, high + room, left, left + _PLOT)
    bottom = _ROW * len(names) + _TOP + 12
    drawing = Drawing(max(left + _PLOT + 16, 16 + 7.5 * len(title)), bottom + 44)
    drawing.text(8, 18, title, bold=True)
    for tick in round_ticks(x.low, x.high):
        drawing.line(x.at(tick), _TOP + 8, x.at(tick), bottom, GRID)
        drawing.text(x.at(tick), bottom + 16, number_words(tick), colour=MUTED, anchor="middle")
    if dots.reference is not None:
        drawing.line(x.at(dots.reference), _TOP + 8, x.at(dots.reference), bottom, NAVY, width=1.5)
    for number, (name, (one, lower, upper)) in enumerate(
        zip(names, values.itertuples(index=False, name=None), strict=True)
    ):
        y = _ROW * number + _TOP + 22
        drawing.text(left - 10, y + 4, _short(name), anchor="end")
        if pd.notna(lower) and pd.notna(upper):
            drawing.rect(x.at(lower), y - 4, x.at(upper) - x.at(lower), 8, SKY, radius=4)
        drawing.circle(x.at(one), y, 5, BLUE)
    drawing.text((x.start + x.end) / 2, bottom + 36, dots.axis, colour=MUTED, anchor="middle")
    return drawing


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def round_ticks(low: float, high: float) -> list[float]:
    """Four to eight round numbers between the ends."""
    step = 10.0 ** floor(log10((high - low) / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 8)
    first = int(-(-low // step))
    return [number * step for number in range(first, int(high // step) + 1)]


def number_words(value: float) -> str:
    """A number as a picture says it: three digits, thousands separated, a real minus."""
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")


def _standalone(svg: str, drawing: Drawing) -> str:
    size = f'width="{drawing.width:g}" height="{drawing.height:g}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" '
    return str(svg).replace("<svg ", opening, 1)
