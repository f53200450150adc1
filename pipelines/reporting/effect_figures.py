"""Figures of effects: differences with intervals around zero, published figures of the same scale beside ours."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.evidence.figures import PublishedFigure
from pipelines.reporting.effect_words import MEASURES, amount, contrast_words, effect_reading, interval_of
from pipelines.reporting.effects import Effect
from pipelines.reporting.figures import NARROW, WIDE, Figure, one_size
from pipelines.reporting.published import study_words
from pipelines.reporting.svg import AXIS, BAND, MUTED, NAVY, OLIVE, Drawing, Scale


@dataclass(frozen=True)
class EffectRow:
    """One mark of an effect plot: already in the unit of its axis. Published figures are drawn as circles."""

    name: str
    number: str
    points: tuple[float, float, float] | None
    reading: str
    is_published: bool = False


def effect_rows(effects: Sequence[Effect], published: Sequence[PublishedFigure] = ()) -> list[EffectRow]:
    """Rows of an effect plot from effects of one unit, published figures of the same outcome last."""
    rows = []
    for effect in effects:
        measure = MEASURES[effect.outcome]
        name = measure.name if effect.trial == "decision" else contrast_words(effect.contrast)
        if effect.estimate is None or effect.lower is None or effect.upper is None:
            rows.append(EffectRow(name, "refused", None, effect_reading(effect)))
            continue
        points = tuple(value * measure.factor for value in (effect.estimate, effect.lower, effect.upper))
        number = f"{amount(effect, effect.estimate)} ({interval_of(effect)})"
        rows.append(EffectRow(name, number, (points[0], points[1], points[2]), effect_reading(effect)))
    for one in published:
        if one.points is not None and one.is_looked_up:
            estimate, lower, upper = one.points
            number = f"+{estimate:g} (+{lower:g} to +{upper:g})"
            rows.append(EffectRow(study_words(one), number, one.points, "other patients: see below", is_published=True))
    return rows


def effect_plot(key: str, caption: str, rows: Sequence[EffectRow], margin: float, sides: tuple[str, str]) -> Figure:
    """Differences with intervals around zero; the grey band holds differences too small to matter."""
    reach = max([margin * 2, *(abs(value) for row in rows if row.points for value in row.points)]) * 1.08

    def draw(width: int) -> Drawing:
        bottom = 56 * len(rows) + 6
        drawing = Drawing(width, bottom + (48 if width >= WIDE else 66))
        x = Scale(-reach, reach, 10, width - 10)
        drawing.rect(x.at(-margin), 4, x.at(margin) - x.at(-margin), bottom - 4, BAND)
        for number, row in enumerate(rows):
            y = 56 * number + 38
            drawing.text(8, y - 20, row.name, bold=number == 0)
            drawing.line(x.at(0), y - 12, x.at(0), y + 7, AXIS, width=1.5)
            if row.points is None:
                drawing.text(8, y + 4, "Not enough to say: refused", colour=MUTED)
                continue
            colour = OLIVE if row.is_published else NAVY
            drawing.line(x.at(row.points[1]), y, x.at(row.points[2]), y, colour, width=3)
            said = f"{row.name}: {row.number}"
            (drawing.circle if row.is_published else drawing.diamond)(x.at(row.points[0]), y, 6, colour, title=said)
            end = x.at(row.points[2])
            if end + 8 + 7 * len(row.number) < width:
                drawing.text(end + 8, y + 4, row.number)
            else:
                drawing.text(end, y + 19, row.number, anchor="end")
        for value in (-margin, 0, margin):
            drawing.text(x.at(value), bottom + 16, f"{value:+g}".replace("-", "−") if value else "0", anchor="middle")
        drawing.text(8, bottom + 38, f"← {sides[0]}", colour=MUTED)
        second = bottom + 38 if width >= WIDE else bottom + 56
        drawing.text(width - 8, second, f"{sides[1]} →", colour=MUTED, anchor="end")
        return drawing

    table = [(row.name, row.number, row.reading) for row in rows]
    described = "; ".join(f"{name}: {number}, {reading}" for name, number, reading in table)
    columns = ("What", "Difference (95 % interval)", "Reading")
    return one_size(key, caption, described, draw(NARROW), columns=columns, rows=table)
