"""The figures of a report, each drawn for a wide and a narrow page, with the same numbers as a table beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.reporting.model import Course, Effect, FlowStep, ImagingRow, Responders
from pipelines.reporting.published import Published
from pipelines.reporting.steps import STEP_NAMES
from pipelines.reporting.svg import AXIS, BAND, BLUE, GRID, INK, MUTED, NAVY, OLIVE, ORANGE, SKY, Drawing, Scale, wrapped
from pipelines.reporting.words import (
    MEASURES,
    amount,
    count_words,
    effect_reading,
    interval_of,
    interval_words,
    share_words,
)

WIDE, NARROW = 560, 340


@dataclass(frozen=True)
class Figure:
    """A picture for wide and narrow pages and the table of its numbers (first column names the row)."""

    caption: str
    wide: Markup
    narrow: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _figure(
    key: str,
    caption: str,
    description: str,
    draw: Callable[[int], Drawing],
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
) -> Figure:
    wide, narrow = (
        draw(width).markup(f"{key}-{name}", caption, description) for name, width in (("w", WIDE), ("n", NARROW))
    )
    return Figure(caption=caption, wide=wide, narrow=narrow, columns=columns, rows=tuple(rows))


def responder_plot(key: str, rows: Sequence[tuple[str, Responders]]) -> Figure:
    """Share improved with its interval, one row a name, on a scale of 0 to 100 %."""
    caption = "Improved at 12 weeks, % of those who answered, with the 95 % interval"

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 46 * len(rows) + 34)
        x = Scale(0, 100, 8, width - 16)
        bottom = 46 * len(rows) + 4
        _ticks(drawing, x, bottom, (0, 20, 40, 60, 80, 100), "")
        for number, (name, responders) in enumerate(rows):
            share, y = responders.improved, 46 * number + 32
            if share.percent is None:
                drawing.text(8, y - 14, f"{name}: not enough patients to say", colour=MUTED)
                continue
            drawing.text(8, y - 14, name, bold=number == 0)
            drawing.text(width - 8, y - 14, f"{share.percent} % ({interval_words(share)})", anchor="end")
            low, high = x.at(share.lower or 0), x.at(share.upper or 0)
            drawing.rect(low, y - 4, high - low, 8, SKY, 4)
            (drawing.diamond if number == 0 else drawing.circle)(x.at(share.percent), y, 6, NAVY if number == 0 else OLIVE)
        return drawing

    table = [
        (name, count_words(one.improved.whole), share_words(one.improved), interval_words(one.improved))
        for name, one in rows
    ]
    described = "; ".join(f"{name} {percent} ({interval or 'no interval'})" for name, _, percent, interval in table)
    return _figure(key, caption, described, draw, ("Who", "Answered", "Improved", "95 % interval"), table)


@dataclass(frozen=True)
class EffectRow:
    """One mark of an effect plot: already in the unit of its axis. Published figures are drawn hollow-shaped (circle)."""

    name: str
    number: str
    points: tuple[float, float, float] | None
    reading: str
    is_published: bool = False


def effect_rows(effects: Sequence[Effect], published: Sequence[Published] = ()) -> list[EffectRow]:
    """Rows of an effect plot from effects of one unit, published figures of the same outcome last."""
    rows = []
    for effect in effects:
        measure = MEASURES[effect.outcome]
        name = measure.name if effect.trial == "decision" else effect.contrast.replace("_", " ")
        if effect.estimate is None or effect.lower is None or effect.upper is None:
            rows.append(EffectRow(name, "refused", None, effect_reading(effect)))
            continue
        points = tuple(value * measure.factor for value in (effect.estimate, effect.lower, effect.upper))
        number = f"{amount(effect, effect.estimate)} ({interval_of(effect)})"
        rows.append(EffectRow(name, number, (points[0], points[1], points[2]), effect_reading(effect)))
    for one in published:
        if one.points is not None:
            estimate, lower, upper = one.points
            number = f"+{estimate:g} (+{lower:g} to +{upper:g})"
            rows.append(EffectRow(one.study, number, one.points, "other patients: see below", is_published=True))
    return rows


def effect_plot(key: str, caption: str, rows: Sequence[EffectRow], margin: float, sides: tuple[str, str]) -> Figure:
    """Differences with intervals around zero; the grey band holds differences too small to matter."""
    reach = max([margin * 2, *(abs(value) for row in rows if row.points for value in row.points)]) * 1.08

    def draw(width: int) -> Drawing:
        bottom = 52 * len(rows) + 6
        drawing = Drawing(width, bottom + 54)
        x = Scale(-reach, reach, 10, width - 10)
        drawing.rect(x.at(-margin), 4, x.at(margin) - x.at(-margin), bottom - 4, BAND)
        drawing.line(x.at(0), 4, x.at(0), bottom, AXIS, 1.5)
        for number, row in enumerate(rows):
            y = 52 * number + 40
            drawing.text(8, y - 20, row.name, bold=number == 0)
            if row.points is None:
                drawing.text(8, y + 4, "Not enough to say: refused", colour=MUTED)
                continue
            colour = OLIVE if row.is_published else NAVY
            drawing.line(x.at(row.points[1]), y, x.at(row.points[2]), y, colour, 3)
            (drawing.circle if row.is_published else drawing.diamond)(x.at(row.points[0]), y, 6, colour)
            end = x.at(row.points[2]) + 8
            fits = end + 7 * len(row.number) < width
            drawing.text(end if fits else x.at(row.points[1]) - 8, y + 4, row.number, anchor="start" if fits else "end")
        for value in (-margin, 0, margin):
            drawing.text(x.at(value), bottom + 16, f"{value:+g}".replace("-", "−") if value else "0", anchor="middle")
        drawing.text(8, bottom + 36, f"← {sides[0]}", colour=MUTED)
        drawing.text(width - 8, bottom + 36, f"{sides[1]} →", colour=MUTED, anchor="end")
        return drawing

    table = [(row.name, row.number, row.reading) for row in rows]
    described = "; ".join(f"{name}: {number}, {reading}" for name, number, reading in table)
    return _figure(key, caption, described, draw, ("What", "Difference (95 % interval)", "Reading"), table)


def flow_plot(key: str, caption: str, steps: Sequence[FlowStep]) -> Figure:
    """How many episodes remain after each step, as bars."""
    most = max([step.n_remaining or 0 for step in steps], default=0) or 1

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 44 * len(steps) + 4)
        x = Scale(0, most, 8, width - 8)
        for number, step in enumerate(steps):
            y = 44 * number + 14
            is_last = number == len(steps) - 1
            drawing.text(8, y, STEP_NAMES.get(step.step, step.step.replace("_", " ")), bold=is_last)
            drawing.rect(8, y + 6, x.at(most) - 8, 18, BAND, 3)
            drawing.rect(8, y + 6, x.at(step.n_remaining or 0) - 8, 18, NAVY if is_last else SKY, 3)
            left = f"{count_words(step.n_remaining)} remain" if number else f"{count_words(step.n_remaining)} episodes"
            is_inside = is_last and x.at(step.n_remaining or 0) > 120
            drawing.text(14, y + 19, left, colour="#ffffff" if is_inside else INK) if not is_last or is_inside else (
                drawing.text(x.at(step.n_remaining or 0) + 6, y + 19, left)
            )
            if number and step.n_left_out != 0:
                drawing.text(width - 14, y + 19, f"{count_words(step.n_left_out)} left out", colour=MUTED, anchor="end")
        return drawing

    table = [
        (STEP_NAMES.get(step.step, step.step), count_words(step.n_left_out), count_words(step.n_remaining))
        for step in steps
    ]
    described = "; ".join(f"{name}: {remaining} remain" for name, _, remaining in table)
    return _figure(key, caption, described, draw, ("Step", "Left out", "Remaining"), table)


def course_plot(key: str, course: Course) -> Figure:
    """Cumulative share improved with its band, and the share that was stepped up first."""
    caption = "Cumulative share with 30 % less pain, and share stepped up to manipulation, an injection or surgery first, %"
    last = max((point.day for point in course.points), default=7)

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 262)
        x, y = Scale(0, last, 34, width - 26), Scale(0, 100, 214, 14)
        for value in (0, 25, 50, 75, 100):
            drawing.line(x.start, y.at(value), x.end, y.at(value), GRID)
            drawing.text(x.start - 6, y.at(value) + 4, f"{value}", colour=MUTED, anchor="end")
        points = course.points
        upper = [(x.at(point.day), y.at(point.upper_percent or point.improved_percent)) for point in points]
        lower = [(x.at(point.day), y.at(point.lower_percent or point.improved_percent)) for point in points]
        drawing.area([(x.at(0), y.at(0)), *upper, *reversed(lower)], "#dcebf5")
        drawing.path([(x.at(0), y.at(0)), *((x.at(one.day), y.at(one.improved_percent)) for one in points)], BLUE)
        drawing.path(
            [(x.at(0), y.at(0)), *((x.at(one.day), y.at(one.stepped_up_percent)) for one in points)], ORANGE, 2, "5 3"
        )
        room = -100.0
        for one in points:
            drawing.circle(x.at(one.day), y.at(one.improved_percent), 4, BLUE)
            drawing.diamond(x.at(one.day), y.at(one.stepped_up_percent), 4, ORANGE)
            if x.at(one.day) - room > 24:
                room = x.at(one.day)
                drawing.text(room, y.at(one.improved_percent) - 10, f"{one.improved_percent}", bold=True, anchor="middle")
                drawing.text(room, y.at(one.stepped_up_percent) - 8, f"{one.stepped_up_percent}", anchor="middle")
                drawing.text(room, 232, f"{one.day // 7}", colour=MUTED, anchor="middle")
        drawing.text(x.end + 8, 252, "Weeks since the first visit", colour=MUTED, anchor="end")
        drawing.circle(x.start + 4, 248, 4, BLUE)
        drawing.text(x.start + 13, 252, "improved", colour=INK)
        drawing.diamond(x.start + 80, 248, 4, ORANGE)
        drawing.text(x.start + 89, 252, "stepped up", colour=INK)
        return drawing

    table = [
        (
            f"{one.day // 7}",
            f"{one.improved_percent} %",
            f"{one.lower_percent} to {one.upper_percent} %",
            f"{one.stepped_up_percent} %",
            count_words(one.n_at_risk),
        )
        for one in course.points
    ]
    described = "; ".join(f"week {week}: {improved} improved" for week, improved, *_ in table)
    columns = ("Week", "Improved", "95 % interval", "Stepped up first", "Still followed")
    return _figure(key, caption, described, draw, columns, table)


def prevalence_plot(key: str, finding: str, rows: Sequence[ImagingRow]) -> Figure:
    """How often a finding was seen at each level, and at any level beside people of the same ages without pain."""

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 26 * len(rows) + 40)
        x = Scale(0, 100, 74, width - 62)
        for number, row in enumerate(rows):
            y = 26 * number + 16
            is_any = row.level == "any level"
            drawing.text(66, y + 4, row.level, anchor="end", bold=is_any)
            drawing.rect(x.start, y - 7, x.end - x.start, 14, BAND, 3)
            drawing.rect(x.start, y - 7, x.at(row.share.percent or 0) - x.start, 14, NAVY if is_any else BLUE, 3)
            if row.age_typical_percent is not None:
                at = x.at(row.age_typical_percent)
                drawing.line(at, y - 11, at, y + 11, ORANGE, 3)
            drawing.text(x.end + 6, y + 4, share_words(row.share))
        typical = next((row.age_typical_percent for row in rows if row.age_typical_percent is not None), None)
        if typical is not None:
            for number, line in enumerate(wrapped(f"| people of these ages without pain: {typical} %", 60)):
                drawing.text(x.start, 26 * len(rows) + 24 + 14 * number, line, colour=ORANGE)
        return drawing

    table = [
        (
            row.level,
            count_words(row.share.whole),
            share_words(row.share),
            "" if row.age_typical_percent is None else f"{row.age_typical_percent} %",
        )
        for row in rows
    ]
    described = "; ".join(f"{level} {percent}" for level, _, percent, _ in table)
    columns = ("Level", "Assessed", "With finding", "Same ages without pain")
    return _figure(key, finding[0].upper() + finding[1:], described, draw, columns, table)


def _ticks(drawing: Drawing, x: Scale, bottom: float, values: Sequence[int], unit: str) -> None:
    for value in values:
        drawing.line(x.at(value), 8, x.at(value), bottom, GRID)
        drawing.text(x.at(value), bottom + 18, f"{value}{unit}", colour=MUTED, anchor="middle")
