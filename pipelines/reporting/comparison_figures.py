"""Figures of comparison: the funnel, the courses by arm, and the small lines of an indicator's history."""

from collections.abc import Sequence
from math import log

from markupsafe import Markup

from pipelines.reporting.comparison import Funnel, FunnelPoint
from pipelines.reporting.courses import ArmPoint
from pipelines.reporting.figures import Figure, one_size, shortened
from pipelines.reporting.model import Indicator
from pipelines.reporting.number_forms import number_words
from pipelines.reporting.svg import (
    AXIS,
    BLUE,
    GRID,
    INNER,
    MUTED,
    NAVY,
    OLIVE,
    ORANGE,
    OUTER,
    Drawing,
    Scale,
)
from pipelines.reporting.words import count_words

ARMS_WIDTH, FUNNEL_WIDTH = 360, 370
FEWEST_SHOWN = 4
MOST_MARKED = 60
"""Clinics whose marks can be pointed at one by one; more are one shape."""
_SIZES = (20, 50, 100, 200, 500, 1000, 2000)
ARM_NAMES = {
    "rest_or_advice": "Rest or advice",
    "exercise": "Exercise",
    "manipulation": "Manipulation",
    "add_manipulation": "Manipulation added",
    "continue_without": "Continued without",
}
_ARM_LOOKS = {
    "rest_or_advice": (OLIVE, "2 3"),
    "exercise": (BLUE, "6 3"),
    "manipulation": (ORANGE, ""),
    "add_manipulation": (ORANGE, ""),
    "continue_without": (BLUE, "6 3"),
}


def funnel_plot(key: str, funnel: Funnel, own: str | None) -> Figure:
    """The funnel of the share improved. The own clinic is a labelled diamond, a clinic of which under 60 % answered is hollow."""
    caption = "Improved at 12 weeks, adjusted for who came, in %, by number of patients"
    limits = funnel.limits

    def draw(width: int) -> Drawing:
        height = 300
        drawing = Drawing(width, height)
        low = max(0.0, min([40.0, *(one.adjusted - 4 for one in funnel.points), *(one.lower_998 for one in limits)]))
        high = min(100.0, max([70.0, *(one.adjusted + 4 for one in funnel.points), *(one.upper_998 for one in limits)]))
        x = Scale(log(limits[0].effective_no), log(limits[-1].effective_no), 30, width - 10)
        y = Scale(10 * (low // 10), 10 * -(-high // 10), height - 48, 10)
        places = [(x.at(log(one.effective_no)), one) for one in limits]
        for colour, upper, lower in ((OUTER, "upper_998", "lower_998"), (INNER, "upper_95", "lower_95")):
            edge = [(at, y.at(getattr(one, upper))) for at, one in places]
            drawing.area([*edge, *((at, y.at(getattr(one, lower))) for at, one in reversed(places))], colour)
        for value in range(int(y.low), int(y.high) + 1, 20 if y.high - y.low > 60 else 10):
            drawing.line(x.start, y.at(value), x.end, y.at(value), GRID)
            drawing.text(x.start - 5, y.at(value) + 4, f"{value}", colour=MUTED, anchor="end")
        middle = limits[0].network
        drawing.line(x.start, y.at(middle), x.end, y.at(middle), MUTED, dash="4 3")
        for size in _SIZES:
            if limits[0].effective_no <= size <= limits[-1].effective_no:
                drawing.line(x.at(log(size)), y.start, x.at(log(size)), y.start + 4, AXIS)
                drawing.text(x.at(log(size)), y.start + 18, count_words(size), colour=MUTED, anchor="middle")
        drawing.text(x.end, height - 8, "patients who answered (log scale)", colour=MUTED, anchor="end")
        at, first = min(places, key=lambda place: abs(place[1].effective_no - 40))
        drawing.text(at + 8, y.at(first.upper_998) + 16, "99.8 % of clinics", colour=MUTED)
        drawing.text(at + 8, y.at(first.upper_95) + 17, "95 % of clinics", colour=MUTED)
        drawing.text(x.end - 4, y.at(middle) - 6, f"all clinics {number_words(middle)} %", colour=MUTED, anchor="end")
        _places(drawing, funnel.points, x, y, own)
        return drawing

    rows = [
        (
            one.clinic_code or "another clinic",
            count_words(one.effective_no),
            f"{number_words(one.adjusted)} %",
            "yes" if one.is_representative else "no: not judged",
        )
        for one in funnel.points
        if one.clinic_code or len(funnel.points) <= MOST_MARKED
    ]
    bands = [
        (
            f"limits at {count_words(one.effective_no)}",
            "",
            f"{number_words(one.lower_95)} to {number_words(one.upper_95)} % (99.8 %: {number_words(one.lower_998)} to "
            f"{number_words(one.upper_998)} %)",
            "",
        )
        for one in limits
        if one.effective_no in _SIZES
    ]
    described = f"Limits around {number_words(limits[0].network)} %; {len(funnel.points)} clinics drawn"
    columns = ("Clinic", "Patients", "Improved, adjusted", "60 % answered")
    return one_size(key, caption, described, draw(FUNNEL_WIDTH), columns=columns, rows=[*rows, *bands])


def _places(drawing: Drawing, points: Sequence[FunnelPoint], x: Scale, y: Scale, own: str | None) -> None:
    unnamed = [one for one in points if not one.clinic_code]
    if len(unnamed) > MOST_MARKED:
        drawing.dots([(x.at(log(one.effective_no)), y.at(one.adjusted)) for one in unnamed], MUTED, width=5)
    else:
        for one in unnamed:
            said = f"another clinic: {number_words(one.adjusted)} %, {count_words(one.effective_no)} patients"
            at = (x.at(log(one.effective_no)), y.at(one.adjusted))
            drawing.circle(*at, 4, MUTED, is_hollow=not one.is_representative, title=said)
    for one in (one for one in points if one.clinic_code):
        at = (x.at(log(one.effective_no)), y.at(one.adjusted))
        said = f"{one.clinic_code}: {number_words(one.adjusted)} %, {count_words(one.effective_no)} patients"
        colour = NAVY if one.clinic_code == own else ORANGE
        drawing.diamond(*at, 7, colour, is_hollow=not one.is_representative, title=said)
        name = shortened(one.clinic_code, 20)
        is_left = at[0] + 12 + 7 * len(name) > drawing.width
        drawing.text(at[0] - 14 - 7 * len(name) if is_left else at[0] + 12, at[1] + 4, name, colour=colour, bold=True)


def arm_plot(key: str, points: Sequence[ArmPoint]) -> Figure | None:
    """Sustained improvement over 12 weeks by arm, adjusted; None without two arms."""
    arms = list(dict.fromkeys(one.arm for one in points))
    if len(arms) < 2:
        return None
    caption = "Improved for good by week, adjusted for who was treated how, in %, with the 95 % range"
    highest = max(one.upper_percent or one.improved_percent for one in points)

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 250)
        x, y = Scale(0, 12, 30, width - 128), Scale(0, 10 * -(-highest // 10), 214, 10)
        step = 10 if y.high <= 60 else 20
        for value in range(0, int(y.high) + 1, step):
            drawing.line(x.start, y.at(value), x.end, y.at(value), GRID)
            drawing.text(x.start - 5, y.at(value) + 4, f"{value}", colour=MUTED, anchor="end")
        ends: list[tuple[float, str, str, int]] = []
        for arm in arms:
            colour, dash = _ARM_LOOKS.get(arm, (NAVY, ""))
            own = [one for one in points if one.arm == arm]
            line = [(x.at(one.day / 7), y.at(one.improved_percent)) for one in own]
            drawing.path([(x.at(0), y.at(0)), *line], colour, dash=dash)
            for at, one in zip(line, own, strict=True):
                if one.lower_percent is not None and one.upper_percent is not None:
                    shift = 3 * (arms.index(arm) - (len(arms) - 1) / 2)
                    low, high = y.at(one.lower_percent), y.at(one.upper_percent)
                    drawing.line(at[0] + shift, low, at[0] + shift, high, colour, width=1.2)
                said = f"{ARM_NAMES.get(arm, arm)}, week {one.day // 7}: {one.improved_percent} %"
                mark = {OLIVE: drawing.square, BLUE: drawing.circle}.get(colour, drawing.diamond)
                mark(*at, 4.5, colour, title=said)
            ends.append((line[-1][1], ARM_NAMES.get(arm, arm), colour, own[-1].improved_percent))
        _end_labels(drawing, x.end + 8, ends)
        for week in (0, 2, 4, 8, 12):
            drawing.text(x.at(week), 232, f"{week}", colour=MUTED, anchor="middle")
        drawing.text(x.end, 247, "weeks since the start", colour=MUTED, anchor="end")
        return drawing

    rows = [
        (
            ARM_NAMES.get(one.arm, one.arm),
            f"{one.day // 7}",
            f"{one.improved_percent} %",
            f"{one.lower_percent} to {one.upper_percent} %" if one.lower_percent is not None else "",
            f"{one.unadjusted_percent} %" if one.unadjusted_percent is not None else "",
            count_words(one.n_at_risk),
        )
        for one in points
    ]
    described = "; ".join(f"{name}, week {week}: {improved}" for name, week, improved, *_ in rows)
    columns = ("Treatment", "Week", "Improved, adjusted", "95 % range", "As it was", "Still followed")
    return one_size(key, caption, described, draw(ARMS_WIDTH), columns=columns, rows=rows)


def _end_labels(drawing: Drawing, x: float, ends: Sequence[tuple[float, str, str, int]]) -> None:
    """Names at the ends of lines, moved apart where they would touch."""
    last = -100.0
    for y, name, colour, percent in sorted(ends):
        last = max(y + 4, last + 16)
        drawing.text(x, last, f"{name} {percent}", colour=colour, bold=True)


def spark(indicator: Indicator) -> Markup:
    """The history of an indicator as a small line with its usual range, dotted across quarters that may not be shown; empty with
    fewer than four to show."""
    values = [one.share.percent for one in indicator.history]
    shown = [(number, value) for number, value in enumerate(values) if value is not None]
    if len(shown) < FEWEST_SHOWN:
        return Markup("")
    change = indicator.change
    edges = [value for _, value in shown] + [edge for edge in (change.lower, change.upper) if edge is not None]
    low, high = min(edges), max(edges)
    spread = max(8.0, high - low)
    drawing = Drawing(104, 26)
    x = Scale(0, max(1, len(values) - 1), 3, 100)
    y = Scale((low + high - spread) / 2, (low + high + spread) / 2, 23, 3)
    if change.lower is not None and change.upper is not None:
        top = y.at(change.upper)
        drawing.rect(0, top, 104, y.at(change.lower) - top, OUTER)
    if len(shown) <= shown[-1][0] - shown[0][0]:
        drawing.path([(round(x.at(number)), y.at(value)) for number, value in shown], AXIS, width=1, dash="1 3")
    run: list[tuple[float, float]] = []
    for number, value in [*enumerate(values), (len(values), None)]:
        if value is not None:
            run.append((round(x.at(number)), y.at(value)))
            continue
        if len(run) > 1:
            drawing.path(run, MUTED, width=1.4)
        elif run:
            drawing.circle(*run[0], 1.8, MUTED)
        run = []
    drawing.circle(x.at(shown[-1][0]), y.at(shown[-1][1]), 2.8, NAVY)
    return drawing.decoration()
