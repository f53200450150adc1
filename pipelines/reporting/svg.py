"""A small drawing surface: SVG with every text escaped, a linear scale and the report's colours.

The colours tell series apart for readers with any form of colour blindness and hold their contrast on light and on dark paper
(tests/reporting/test_palette.py); a series differs in shape or dash too.
"""

from dataclasses import dataclass, field

from markupsafe import Markup

INK, MUTED, GRID, AXIS = "#1a2430", "#4f5b67", "#dde3e9", "#7f8b98"
NAVY, BLUE, SKY, ORANGE, OLIVE, BAND, WHITE = (
    "#0b4a6f",
    "#0072b2",
    "#b3d4e8",
    "#b5400f",
    "#333d14",
    "#edf1f4",
    "#ffffff",
)
OUTER, INNER, HAZE = "#e1e8f0", "#c8d6e3", "#dcebf5"
"""The bands of a funnel (99.8 and 95 %) and of an interval around a line."""
DARK = {
    INK: "#e6ebf0",
    MUTED: "#aab6c2",
    GRID: "#35414d",
    AXIS: "#8a97a4",
    NAVY: "#8ec5e8",
    BLUE: "#6db6e6",
    SKY: "#33566e",
    ORANGE: "#ff9a63",
    OLIVE: "#efe9b0",
    BAND: "#2a343e",
    OUTER: "#25313c",
    INNER: "#34475a",
    HAZE: "#22394a",
    WHITE: "#1a222b",
}
"""What each colour becomes on dark paper; `report.css` says the same."""
FONT_SIZE = 12
Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """A linear scale from data to pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value, held inside the axis."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


@dataclass
class Drawing:
    """Shapes of one picture of `width` by `height` units; `markup` gives the finished SVG element.

    A mark with a `title` can be pointed at, and reached with the arrow keys where scripts run.
    """

    width: float
    height: float
    shapes: list[Markup] = field(default_factory=list)
    has_marks: bool = False

    def _add(self, template: Markup, *values: object) -> None:
        self.shapes.append(template.format(*values))

    def _mark(self, element: Markup, title: str) -> None:
        if title:
            self.has_marks = True
            self._add(Markup('<g class="m"><title>{}</title>{}</g>'), title, element)
        else:
            self.shapes.append(element)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = ""
    ) -> None:
        """A straight line; `dash` as in stroke-dasharray."""
        self._add(
            Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}"{}{}/>'),
            *(_short(value) for value in (x1, y1, x2, y2)),
            colour,
            "" if width == 1 else Markup(' stroke-width="{}"').format(_short(width)),
            Markup(' stroke-dasharray="{}"').format(dash) if dash else "",
        )

    def rect(
        self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0, title: str = ""
    ) -> None:
        """A filled rectangle; a negative width draws nothing."""
        shape = Markup('<rect x="{}" y="{}" width="{}" height="{}"{} fill="{}"/>').format(
            *(_short(value) for value in (x, y, max(0.0, width), height)),
            Markup(' rx="{}"').format(_short(radius)) if radius else "",
            colour,
        )
        self._mark(shape, title)

    def circle(
        self, x: float, y: float, radius: float, colour: str, *, is_hollow: bool = False, title: str = ""
    ) -> None:
        """A circle, filled unless hollow."""
        look = Markup('fill="{}" stroke="{}" stroke-width="1.8"').format(WHITE, colour) if is_hollow else (
            Markup('fill="{}"').format(colour)
        )  # fmt: skip
        at = (_short(value) for value in (x, y, radius))
        self._mark(Markup('<circle cx="{}" cy="{}" r="{}" {}/>').format(*at, look), title)

    def diamond(
        self, x: float, y: float, radius: float, colour: str, *, is_hollow: bool = False, title: str = ""
    ) -> None:
        """A diamond, so that two kinds of mark differ in shape and not only in colour."""
        points = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
        self._polygon(points, colour, is_hollow, title)

    def square(self, x: float, y: float, radius: float, colour: str, *, title: str = "") -> None:
        """A filled square around a point."""
        self.rect(x - radius, y - radius, 2 * radius, 2 * radius, colour, title=title)

    def path(self, points: list[Point], colour: str, *, width: float = 2, dash: str = "") -> None:
        """A line through points; `dash` as in stroke-dasharray."""
        self._add(
            Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="{}"{}/>'),
            _joined(points),
            colour,
            _short(width),
            Markup(' stroke-dasharray="{}"').format(dash) if dash else "",
        )

    def dots(self, points: list[Point], colour: str, *, width: float = 7) -> None:
        """Many filled circles in one shape, on whole pixels and without titles."""
        places = "".join(f"M{x} {y}h0" for x, y in sorted({(round(x), round(y)) for x, y in points}))
        self._add(
            Markup('<path d="{}" stroke="{}" stroke-width="{}" stroke-linecap="round"/>'),
            places,
            colour,
            _short(width),
        )

    def area(self, points: list[Point], colour: str) -> None:
        """A filled polygon."""
        self._polygon(points, colour, False, "")

    def _polygon(self, points: list[Point], colour: str, is_hollow: bool, title: str) -> None:
        fill = WHITE if is_hollow else colour
        stroke = Markup(' stroke="{}" stroke-width="1.8"').format(colour) if is_hollow else ""
        self._mark(Markup('<polygon points="{}" fill="{}"{}/>').format(_joined(points), fill, stroke), title)

    def text(
        self, x: float, y: float, text: str, *, colour: str = INK, anchor: str = "start", bold: bool = False
    ) -> None:
        """One line of text, escaped; `anchor` is start, middle or end."""
        self._add(
            Markup('<text x="{}" y="{}"{}{}{}>{}</text>'),
            _short(x),
            _short(y),
            "" if colour == INK else Markup(' fill="{}"').format(colour),
            "" if anchor == "start" else Markup(' text-anchor="{}"').format(anchor),
            Markup(' font-weight="700"') if bold else "",
            text,
        )

    def markup(self, key: str, title: str, description: str) -> Markup:
        """The SVG element, named for readers who do not see it; `key` makes its ids unique on the page."""
        template = Markup(
            '<svg viewBox="0 0 {} {}" role="img"{} font-size="{}" fill="{}" aria-labelledby="{}-t {}-d">'
            '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>'
        )
        shapes = Markup("").join(self.shapes)
        kind = Markup(' class="chart"') if self.has_marks else ""
        size = (_short(self.width), _short(self.height))
        return template.format(*size, kind, FONT_SIZE, INK, key, key, key, title, key, description, shapes)

    def decoration(self) -> Markup:
        """The SVG element where the words beside it say the same: hidden from readers who do not see it."""
        shapes = Markup("").join(self.shapes)
        size = (_short(self.width), _short(self.height))
        return Markup('<svg viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(*size, shapes)


def _short(value: float) -> str:
    """A length with at most one decimal."""
    return f"{round(value, 1):g}"


def _joined(points: list[Point]) -> str:
    return " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
