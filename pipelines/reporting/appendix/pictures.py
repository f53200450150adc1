"""Pictures of the appendix: estimates in rows, balance before and after, lines over an axis. All from released numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.reporting.figures import WIDE, Figure, two_sizes
from pipelines.reporting.svg import AXIS, BAND, BLUE, GRID, MUTED, NAVY, OLIVE, ORANGE, SKY, Drawing, Scale

_WIDTH = 700
"""Of a picture on a wide page and on paper: room for the names of rows."""
_ROW, _ROW_NARROW = 19, 40
_NARROW_LETTERS = 50


@dataclass(frozen=True)
class Mark:
    """One row of estimates: `points` is (estimate, lower, upper), None when refused; `kind` sets shape and colour."""

    name: str
    number: str
    points: tuple[float, float, float] | None
    kind: str = "ours"


_KINDS = {"ours": NAVY, "other": OLIVE, "published": ORANGE}


def forest(
    key: str,
    caption: str,
    marks: Sequence[Mark],
    *,
    columns: tuple[str, str],
    middle: float | None = 0.0,
    band: tuple[float, float] | None = None,
    sides: tuple[str, str] | None = None,
    unit: str = "",
) -> Figure:
    """Estimates below each other with their intervals; a grey band holds what is too small to matter, a line what is no effect."""
    shown = [value for mark in marks if mark.points for value in mark.points]
    shown += [*(band or ()), *(() if middle is None else (middle,))]
    low, high = _around(min(shown), max(shown))

    def draw(width: int) -> Drawing:
        is_wide = width >= WIDE
        height = (_ROW if is_wide else _ROW_NARROW) * len(marks)
        drawing = Drawing(width, height + (48 if sides else 30))
        x = Scale(low, high, 300 if is_wide else 10, width - (132 if is_wide else 10))
        if band:
            drawing.rect(x.at(band[0]), 2, x.at(band[1]) - x.at(band[0]), height, BAND)
        if middle is not None:
            drawing.line(x.at(middle), 2, x.at(middle), height + 2, AXIS, width=1.5)
        for number, mark in enumerate(marks):
            y = (_ROW * number + 12) if is_wide else (_ROW_NARROW * number + 30)
            if is_wide:
                drawing.text(2, y + 4, _short(mark.name, 50))
                drawing.text(width - 2, y + 4, mark.number, anchor="end")
            else:
                drawing.text(2, y - 14, f"{_short(mark.name, _NARROW_LETTERS - len(mark.number))}: {mark.number}")
            _mark(drawing, x, y, mark)
        for value in _ticks(low, high):
            drawing.line(x.at(value), height + 2, x.at(value), height + 6, AXIS)
            drawing.text(x.at(value), height + 19, f"{value:g}".replace("-", "−"), colour=MUTED, anchor="middle")
        if sides:
            drawing.text(x.start, height + 38, f"← {sides[0]}", colour=MUTED)
            drawing.text(x.end, height + 38, f"{sides[1]} →", colour=MUTED, anchor="end")
        return drawing

    rows = [(mark.name, mark.number) for mark in marks]
    described = "; ".join(f"{name}: {said}" for name, said in rows)
    return two_sizes(
        key, f"{caption}{f' ({unit})' if unit else ''}", described, draw, columns=columns, rows=rows, wide_width=_WIDTH
    )


def _mark(drawing: Drawing, x: Scale, y: float, mark: Mark) -> None:
    if mark.points is None:
        drawing.text((x.start + x.end) / 2, y + 4, "refused", colour=MUTED, anchor="middle")
        return
    colour = _KINDS[mark.kind]
    drawing.line(x.at(mark.points[1]), y, x.at(mark.points[2]), y, colour, width=2.5)
    (drawing.diamond if mark.kind == "ours" else drawing.circle)(x.at(mark.points[0]), y, 5, colour)


def love_plot(key: str, caption: str, rows: Sequence[tuple[str, float, float]], limit: float) -> Figure:
    """Absolute standardised differences of covariates before (circle) and after (diamond) weighting; dashed: the limit."""
    most = max([limit * 1.5, *(max(before, after) for _, before, after in rows)]) * 1.05

    def draw(width: int) -> Drawing:
        height = 18 * len(rows)
        drawing = Drawing(width, height + 52)
        x = Scale(0, most, 260 if width >= WIDE else 132, width - 14)
        for value in _ticks(0, most):
            drawing.line(x.at(value), 2, x.at(value), height + 4, GRID)
            drawing.text(x.at(value), height + 18, f"{value:g}", colour=MUTED, anchor="middle")
        drawing.path([(x.at(limit), 2), (x.at(limit), height + 4)], ORANGE, width=1.5, dash="4 3")
        for number, (name, before, after) in enumerate(rows):
            y = 18 * number + 12
            drawing.text(x.start - 8, y + 4, _short(name, 42 if width >= WIDE else 18), anchor="end")
            drawing.line(x.at(before), y, x.at(after), y, SKY, width=1.5)
            drawing.circle(x.at(before), y, 4, OLIVE)
            drawing.diamond(x.at(after), y, 4.5, NAVY)
        legend = height + 42
        drawing.circle(x.start + 4, legend - 4, 4, OLIVE)
        drawing.text(x.start + 12, legend, "before")
        drawing.diamond(x.start + 70, legend - 4, 4.5, NAVY)
        drawing.text(x.start + 79, legend, "after weighting")
        return drawing

    table = [(name, f"{before:.2f}", f"{after:.2f}") for name, before, after in rows]
    described = "; ".join(f"{name}: {before} before, {after} after" for name, before, after in table)
    return two_sizes(
        key, caption, described, draw, columns=("Covariate", "Before", "After"), rows=table, wide_width=_WIDTH
    )


@dataclass(frozen=True)
class Line:
    """A line of a picture: its name, its (x, y) points and how it is drawn."""

    name: str
    points: tuple[tuple[float, float], ...]
    colour: str = BLUE
    dash: str = "none"
    has_dots: bool = False


def lines(
    key: str,
    caption: str,
    drawn: Sequence[Line],
    *,
    axes: tuple[str, str],
    y_range: tuple[float, float] | None = None,
    dots: Sequence[tuple[str, float, float]] = (),
) -> Figure:
    """Lines over an axis, with dots (name, x, y) of which the first is named; the numbers stand in the table."""
    xs = [x for line in drawn for x, _ in line.points] + [x for _, x, _ in dots]
    ys = [y for line in drawn for _, y in line.points] + [y for _, _, y in dots]
    x_low, x_high = min(xs), max(xs)
    y_low, y_high = y_range or _around(min(ys), max(ys))

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 272 + 18 * len(drawn))
        x, y = Scale(x_low, x_high if x_high > x_low else x_low + 1, 48, width - 14), Scale(y_low, y_high, 226, 22)
        drawing.text(4, 12, axes[1], colour=MUTED)
        for value in _ticks(y_low, y_high):
            drawing.line(x.start, y.at(value), x.end, y.at(value), GRID)
            drawing.text(x.start - 6, y.at(value) + 4, f"{value:g}".replace("-", "−"), colour=MUTED, anchor="end")
        for value in _ticks(x_low, x.high):
            drawing.text(x.at(value), 244, f"{value:g}".replace("-", "−"), colour=MUTED, anchor="middle")
        drawing.text(x.end, 262, axes[0], colour=MUTED, anchor="end")
        for number, line in enumerate(drawn):
            places = [(x.at(at), y.at(value)) for at, value in line.points]
            drawing.path(places, line.colour, dash=line.dash)
            for place in places if line.has_dots else ():
                drawing.circle(*place, 3.5, line.colour)
            legend = 264 + 18 * (number + 1)
            drawing.path([(x.start, legend - 4), (x.start + 26, legend - 4)], line.colour, dash=line.dash)
            drawing.text(x.start + 34, legend, line.name)
        for number, (name, at, value) in enumerate(dots):
            drawing.diamond(x.at(at), y.at(value), 5, NAVY)
            if number:  # names of dots that lie together would hide one another: the table has them
                continue
            is_right = x.at(at) > (x.start + x.end) / 2
            drawing.text(
                x.at(at) + (-8 if is_right else 8), y.at(value) - 12, name, anchor="end" if is_right else "start"
            )
        return drawing

    table = [(line.name, f"{at:g}", f"{value:.3g}") for line in drawn for at, value in line.points]
    table += [(name, f"{at:.3g}", f"{value:.3g}") for name, at, value in dots]
    described = "; ".join(
        f"{line.name}: from {line.points[0][1]:.3g} to {line.points[-1][1]:.3g}" for line in drawn if line.points
    )
    return two_sizes(key, caption, described, draw, columns=("Line", *axes), rows=table)


def _around(low: float, high: float) -> tuple[float, float]:
    room = (high - low) * 0.06 or 1.0
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Five or six round values within the axis."""
    raw = (high - low) / 5
    power = 10.0 ** int(f"{raw:e}".split("e")[1])
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= raw)
    first = -int(-low // step) if low <= 0 else int(low // step) + (low % step > 0)
    values = []
    at = first
    while at * step <= high + step * 1e-9:
        if at * step >= low - step * 1e-9:
            values.append(round(at * step, 10))
        at += 1
    return values


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
