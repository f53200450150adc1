"""The figures of a report, each drawn for a wide and a narrow page, with the same numbers as a table beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from markupsafe import Markup

from pipelines.reporting.courses import Course
from pipelines.reporting.model import FlowStep, ImagingRow, Responders
from pipelines.reporting.steps import STEP_NAMES
from pipelines.reporting.svg import BAND, BLUE, GRID, HAZE, INK, MUTED, NAVY, OLIVE, ORANGE, SKY, WHITE, Drawing, Scale
from pipelines.reporting.words import count_words, interval_words, share_words

WIDE, NARROW = 560, 340


@dataclass(frozen=True)
class Figure:
    """A picture for wide and narrow pages, or one for both (`narrow` is empty), and the table of its numbers (first column names
    the row)."""

    caption: str
    description: str
    wide: Markup
    narrow: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def two_sizes(
    key: str,
    caption: str,
    description: str,
    draw: Callable[[int], Drawing],
    *,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    wide_width: int = WIDE,
) -> Figure:
    """The figure with its picture drawn at both widths."""
    wide, narrow = (
        draw(width).markup(f"{key}-{name}", caption, description) for name, width in (("w", wide_width), ("n", NARROW))
    )
    return Figure(caption=caption, description=description, wide=wide, narrow=narrow, columns=columns, rows=tuple(rows))


def one_size(
    key: str,
    caption: str,
    description: str,
    drawing: Drawing,
    *,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
) -> Figure:
    """The figure with one picture, small enough for a telephone."""
    picture = drawing.markup(key, caption, description)
    return Figure(
        caption=caption, description=description, wide=picture, narrow=Markup(""), columns=columns, rows=tuple(rows)
    )


def shortened(name: str, most: int) -> str:
    """A name cut to so many letters for a picture; it stands in full in the table beside."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def responder_plot(key: str, rows: Sequence[tuple[str, Responders]], slice_name: str = "") -> Figure:
    """Share improved with its interval, one row a name, on a scale of 0 to 100 %; `slice_name` says of which patients."""
    caption = f"{slice_name}: improved" if slice_name else "Improved"
    caption = f"{caption[:1].upper()}{caption[1:]} at 12 weeks, % of those who answered, with the 95 % interval"

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 46 * len(rows) + 34)
        x = Scale(0, 100, 8, width - 16)
        bottom = 46 * len(rows) + 4
        _ticks(drawing, x, bottom, (0, 20, 40, 60, 80, 100), "")
        for number, (name, responders) in enumerate(rows):
            share, y = responders.improved, 46 * number + 32
            if share.percent is None:
                drawing.text(8, y - 14, f"{shortened(name, 20)}: not enough patients to say", colour=MUTED)
                continue
            drawing.text(8, y - 14, shortened(name, 24), bold=number == 0)
            drawing.text(width - 8, y - 14, f"{share.percent} % ({interval_words(share)})", anchor="end")
            low, high = x.at(share.lower or 0), x.at(share.upper or 0)
            drawing.rect(low, y - 4, high - low, 8, SKY, radius=4)
            said = f"{name}: {share.percent} % ({interval_words(share)})"
            (drawing.diamond if number == 0 else drawing.circle)(
                x.at(share.percent), y, 6, NAVY if number == 0 else OLIVE, title=said
            )
        return drawing

    table = [
        (name, count_words(one.improved.whole), share_words(one.improved), interval_words(one.improved))
        for name, one in rows
    ]
    described = "; ".join(f"{name} {percent} ({interval or 'no interval'})" for name, _, percent, interval in table)
    columns = ("Who", "Answered", "Improved", "95 % interval")
    return one_size(key, caption, described, draw(NARROW), columns=columns, rows=table)


def flow_plot(key: str, caption: str, steps: Sequence[FlowStep]) -> Figure:
    """How many episodes remain after each step, as bars; a step that left nobody out stands in the table only."""
    most = max([step.n_remaining or 0 for step in steps], default=0) or 1
    drawn = [one for number, one in enumerate(steps) if number in (0, len(steps) - 1) or one.n_left_out != 0]

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 44 * len(drawn) + 4)
        x = Scale(0, most, 8, width - 8)
        for number, step in enumerate(drawn):
            y = 44 * number + 14
            is_last = number == len(drawn) - 1
            drawing.text(8, y, STEP_NAMES.get(step.step, step.step.replace("_", " ")), bold=is_last)
            drawing.rect(8, y + 6, x.at(most) - 8, 18, BAND, radius=3)
            drawing.rect(8, y + 6, x.at(step.n_remaining or 0) - 8, 18, NAVY if is_last else SKY, radius=3)
            left = f"{count_words(step.n_remaining)} {'remain' if number else 'episodes'}"
            end = x.at(step.n_remaining or 0)
            at, colour = (14.0, INK) if not is_last else (end + 6, INK) if end < 120 else (14.0, WHITE)
            drawing.text(at, y + 19, left, colour=colour)
            if number and step.n_left_out != 0:
                drawing.text(width - 14, y + 19, f"{count_words(step.n_left_out)} left out", anchor="end")
        return drawing

    table = [
        (STEP_NAMES.get(step.step, step.step), count_words(step.n_left_out), count_words(step.n_remaining))
        for step in steps
    ]
    described = "; ".join(f"{name}: {remaining} remain" for name, _, remaining in table)
    return one_size(key, caption, described, draw(NARROW), columns=("Step", "Left out", "Remaining"), rows=table)


def course_plot(key: str, course: Course) -> Figure:
    """Cumulative share improved with its band, and the share that was stepped up first."""
    caption = (
        "Share with 30 % less pain, and share stepped up to manipulation, an injection or surgery before that, in %; "
        "later weeks are drawn closer together"
    )
    last = max((point.day for point in course.points), default=7)

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 288)
        x, y = Scale(0, sqrt(last), 34, width - 22), Scale(0, 100, 214, 14)
        for value in (0, 25, 50, 75, 100):
            drawing.line(x.start, y.at(value), x.end, y.at(value), GRID)
            drawing.text(x.start - 6, y.at(value) + 4, f"{value}", colour=MUTED, anchor="end")
        start = (x.at(0), y.at(0))
        marks = [(x.at(sqrt(one.day)), one) for one in course.points]
        upper = [(at, y.at(one.upper_percent or one.improved_percent)) for at, one in marks]
        lower = [(at, y.at(one.lower_percent or one.improved_percent)) for at, one in marks]
        drawing.area([start, *upper, *reversed(lower)], HAZE)
        drawing.path([start, *((at, y.at(one.improved_percent)) for at, one in marks)], BLUE)
        drawing.path([start, *((at, y.at(one.stepped_up_percent)) for at, one in marks)], ORANGE, dash="5 3")
        for at, one in marks:
            said = (
                f"Week {one.day // 7}: {one.improved_percent} % improved, {one.stepped_up_percent} % stepped up first"
            )
            drawing.circle(at, y.at(one.improved_percent), 4, BLUE, title=said)
            drawing.text(at, y.at(one.improved_percent) - 10, f"{one.improved_percent}", bold=True, anchor="middle")
            drawing.diamond(at, y.at(one.stepped_up_percent), 4, ORANGE)
            drawing.text(at, y.at(one.stepped_up_percent) + 17, f"{one.stepped_up_percent}", anchor="middle")
            drawing.text(at, 248, f"{one.day // 7}", colour=MUTED, anchor="middle")
        drawing.text(x.start - 6, 248, "week", colour=MUTED)
        drawing.circle(x.start + 4, 274, 4, BLUE)
        drawing.text(x.start + 13, 278, "improved")
        drawing.diamond(x.start + 84, 274, 4, ORANGE)
        drawing.text(x.start + 93, 278, "stepped up first")
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
    return one_size(key, caption, described, draw(NARROW), columns=columns, rows=table)


def prevalence_plot(key: str, finding: str, rows: Sequence[ImagingRow]) -> Figure:
    """How often a finding was seen at each level, and at any level beside people of the same ages without pain."""

    def draw(width: int) -> Drawing:
        typical = next((row.age_typical_percent for row in rows if row.age_typical_percent is not None), None)
        drawing = Drawing(width, 26 * len(rows) + (8 if typical is None else 40))
        x = Scale(0, 100, 74, width - 62)
        for number, row in enumerate(rows):
            y = 26 * number + 16
            is_any = row.level == "any level"
            drawing.text(66, y + 4, row.level, anchor="end", bold=is_any)
            drawing.rect(x.start, y - 7, x.at(row.share.percent or 0) - x.start, 14, NAVY if is_any else BLUE, radius=3)
            if row.age_typical_percent is not None:
                at = x.at(row.age_typical_percent)
                drawing.line(at, y - 11, at, y + 11, ORANGE, width=3)
            drawing.text(x.end + 6, y + 4, share_words(row.share))
        if typical is not None:
            said = f"| people of these ages without pain: {typical} %"
            drawing.text(x.start, 26 * len(rows) + 24, said, colour=ORANGE)
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
    return one_size(key, finding[0].upper() + finding[1:], described, draw(NARROW), columns=columns, rows=table)


def _ticks(drawing: Drawing, x: Scale, bottom: float, values: Sequence[int], unit: str) -> None:
    for value in values:
        drawing.line(x.at(value), 8, x.at(value), bottom, GRID)
        drawing.text(x.at(value), bottom + 18, f"{value}{unit}", colour=MUTED, anchor="middle")
