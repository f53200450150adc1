"""What a page is given of the sections that analysts added: their numbers as words, and a picture where they have one."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.reporting.figures import Figure, one_size, shortened
from pipelines.reporting.sections import Section, SectionRow
from pipelines.reporting.svg import BLUE, GRID, MUTED, NAVY, SKY, Drawing, Scale
from pipelines.reporting.words import count_words
from pipelines.results.charts import number_words, round_ticks

_WIDTH, _ROW = 440, 46
_MOST_DRAWN = 24
_MOST_BESIDE = 3
_SHARE = ("_percent", "_percent_lower", "_percent_upper", "_percent_words")


def section_views(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Title, text, table and picture of each section."""
    return [
        {
            "id": f"section-{number}",
            "title": one.title,
            "method": one.method,
            "note": one.note,
            "not_made": None if one.is_made else f"This section could not be made: {one.not_made_because}.",
            "columns": ["Of whom", *(_heading(name) for name in _columns(one))],
            "rows": [(row.name, *(_cell(row, name) for name in _columns(one))) for row in one.rows],
            "has_more": one.has_more_rows,
            "is_wide": len(_columns(one)) > _MOST_BESIDE,
            "figure": _figure(f"section-{number}", one),
        }
        for number, one in enumerate(sections, start=1)
    ]


def _columns(section: Section) -> list[str]:
    """The columns of the table; the share of a part stands in one cell with its interval."""
    names = list(section.rows[0].values) if section.rows else []
    parts = [name.removesuffix("_percent_words") for name in names if name.endswith("_percent_words")]
    return [name for name in names if name not in {f"{part}{ending}" for part in parts for ending in _SHARE}]


def _heading(name: str) -> str:
    text = "How many" if name == "n" else name.removeprefix("n_").replace("_", " ")
    return f"{text[:1].upper()}{text[1:]}"


def _cell(row: SectionRow, name: str) -> str:
    values = row.values
    if f"{name}_percent_words" in values:
        words, low, high = (values[f"{name}_percent_{end}"] for end in ("words", "lower", "upper"))
        if words is None:
            return _written(values[name])
        return f"{words} ({low} to {high})" if low is not None else str(words)
    return _written(values[name])


def _written(value: int | float | str | None) -> str:
    if value is None or isinstance(value, int):
        return count_words(value)
    return value if isinstance(value, str) else number_words(value)


def _figure(key: str, section: Section) -> Figure | None:
    """The rows that have an estimate on one axis, with the table of what is drawn; None when there is nothing to draw."""
    picture = section.picture
    if picture is None:
        return None
    drawn = [
        (row.name, *points)
        for row in section.rows
        if (points := _points(row.values, (picture.estimate, picture.lower, picture.upper)))
    ]
    if not drawn or len(drawn) > _MOST_DRAWN:
        return None
    rows = [(name, _written(one), f"{_written(low)} to {_written(high)}") for name, one, low, high in drawn]
    described = "; ".join(f"{name} {one} ({interval})" for name, one, interval in rows)
    return one_size(
        key,
        picture.axis,
        described,
        _drawing(drawn, picture.reference, is_percent=picture.estimate.endswith("_percent")),
        columns=("Of whom", "Value", "Interval"),
        rows=rows,
    )


def _points(values: Mapping[str, int | float | str | None], names: Sequence[str]) -> tuple[float, float, float] | None:
    numbers = [float(value) for name in names if isinstance(value := values.get(name), (int, float))]
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == len(names) else None


def _drawing(drawn: Sequence[tuple[str, float, float, float]], reference: float | None, *, is_percent: bool) -> Drawing:
    drawing, bottom = Drawing(_WIDTH, _ROW * len(drawn) + 34), _ROW * len(drawn) + 4
    ends = [value for _, one, low, high in drawn for value in (one, low, high)] + (
        [] if reference is None else [reference]
    )
    low, high = (0.0, 100.0) if is_percent else (min(ends), max(ends))
    room = 0.0 if is_percent else (high - low) * 0.06 or 1.0
    x = Scale(low - room, high + room, 8, _WIDTH - 16)
    for value in round_ticks(x.low, x.high):
        drawing.line(x.at(value), 8, x.at(value), bottom, GRID)
        drawing.text(x.at(value), bottom + 18, _written(value), colour=MUTED, anchor="middle")
    if reference is not None:
        drawing.line(x.at(reference), 8, x.at(reference), bottom, NAVY, width=1.5)
    for number, (name, one, lower, upper) in enumerate(drawn):
        y, said = _ROW * number + 32, f"{_written(one)} ({_written(lower)} to {_written(upper)})"
        drawing.text(8, y - 14, shortened(name, 40))
        drawing.text(_WIDTH - 8, y - 14, said, anchor="end")
        drawing.rect(x.at(lower), y - 4, x.at(upper) - x.at(lower), 8, SKY, radius=4)
        drawing.circle(x.at(one), y, 6, BLUE, title=f"{name}: {said}")
    return drawing
