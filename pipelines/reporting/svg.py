"""A small drawing surface: SVG with every text escaped, a linear scale and the report's colours.

The colours tell series apart for readers with any form of colour blindness and hold their contrast on light and on dark paper
(tests/reporting/test_palette.py); a series differs in shape or dash too.
"""

from dataclasses import dataclass, field

from markupsafe import Markup, escape

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
    shapes: list[str] = field(default_factory=list)
    has_marks: bool = False

    def _mark(self, element: str, title: str) -> None:
        if title:
            self.has_marks = True
            self.shapes.append(f'<g class="m"><title>{escape(title)}</title>{element}</g>')
        else:
            self.shapes.append(element)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = ""
    ) -> None:
        """A straight line; `dash` as in stroke-dasharray."""
        thick = "" if width == 1 else f' stroke-width="{_short(width)}"'
        dashed = f' stroke-dasharray="{escape(dash)}"' if dash else ""
        ends = f'x1="{_short(x1)}" y1="{_short(y1)}" x2="{_short(x2)}" y2="{_short(y2)}"'
        self.shapes.append(f'<line {ends} stroke="{escape(colour)}"{thick}{dashed}/>')

    def rect(
        self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0, title: str = ""
    ) -> None:
        """A filled rectangle; a negative width draws nothing."""
        size = f'width="{_short(max(0.0, width))}" height="{_short(height)}"'
        rounded = f' rx="{_short(radius)}"' if radius else ""
        self._mark(f'<rect x="{_short(x)}" y="{_short(y)}" {size}{rounded} fill="{escape(colour)}"/>', title)

    def circle(
        self, x: float, y: float, radius: float, colour: str, *, is_hollow: bool = False, title: str = ""
    ) -> None:
        """A circle, filled unless hollow."""
        look = _look(colour, is_hollow=is_hollow)
        self._mark(f'<circle cx="{_short(x)}" cy="{_short(y)}" r="{_short(radius)}" {look}/>', title)

    def diamond(
        self, x: float, y: float, radius: float, colour: str, *, is_hollow: bool = False, title: str = ""
    ) -> None:
        """A diamond, so that two kinds of mark differ in shape and not only in colour."""
        points = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
        self._mark(f'<polygon points="{_joined(points)}" {_look(colour, is_hollow=is_hollow)}/>', title)

    def square(self, x: float, y: float, radius: float, colour: str, *, title: str = "") -> None:
        """A filled square around a point."""
        self.rect(x - radius, y - radius, 2 * radius, 2 * radius, colour, title=title)

    def path(self, points: list[Point], colour: str, *, width: float = 2, dash: str = "") -> None:
        """A line through points; `dash` as in stroke-dasharray."""
        dashed = f' stroke-dasharray="{escape(dash)}"' if dash else ""
        look = f'fill="none" stroke="{escape(colour)}" stroke-width="{_short(width)}"{dashed}'
        self.shapes.append(f'<polyline points="{_joined(points)}" {look}/>')

    def dots(self, points: list[Point], colour: str, *, width: float = 7) -> None:
        """Many filled circles in one shape, on whole pixels and without titles."""
        places = "".join(f"M{x} {y}h0" for x, y in sorted({(round(x), round(y)) for x, y in points}))
        look = f'stroke="{escape(colour)}" stroke-width="{_short(width)}" stroke-linecap="round"'
        self.shapes.append(f'<path d="{places}" {look}/>')

    def area(self, points: list[Point], colour: str) -> None:
        """A filled polygon."""
        self.shapes.append(f'<polygon points="{_joined(points)}" fill="{escape(colour)}"/>')

    def text(
        self, x: float, y: float, text: str, *, colour: str = INK, anchor: str = "start", bold: bool = False
    ) -> None:
        """One line of text, escaped; `anchor` is start, middle or end."""
        fill = "" if colour == INK else f' fill="{escape(colour)}"'
        side = "" if anchor == "start" else f' text-anchor="{escape(anchor)}"'
        weight = ' font-weight="700"' if bold else ""
        self.shapes.append(f'<text x="{_short(x)}" y="{_short(y)}"{fill}{side}{weight}>{escape(text)}</text>')

    def markup(self, key: str, title: str, description: str) -> Markup:
        """The SVG element, named for readers who do not see it; `key` makes its ids unique on the page."""
        template = Markup(
            '<svg viewBox="0 0 {} {}" role="img"{} font-size="{}" fill="{}" aria-labelledby="{}-t {}-d">'
            '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>'
        )
        kind = Markup(' class="chart"') if self.has_marks else ""
        size = (_short(self.width), _short(self.height))
        said = (key, key, key, title, key, description)
        return template.format(*size, kind, FONT_SIZE, INK, *said, self._drawn())

    def decoration(self) -> Markup:
        """The SVG element where the words beside it say the same: hidden from readers who do not see it."""
        size = (_short(self.width), _short(self.height))
        return Markup('<svg viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(*size, self._drawn())

    def _drawn(self) -> Markup:
        return Markup("".join(self.shapes))  # noqa: S704 - every text was escaped when its shape was added


def _look(colour: str, *, is_hollow: bool) -> str:
    if is_hollow:
        return f'fill="{WHITE}" stroke="{escape(colour)}" stroke-width="1.8"'
    return f'fill="{escape(colour)}"'


def _short(value: float) -> str:
    """A length with at most one decimal."""
    return f"{round(value, 1):g}"


def _joined(points: list[Point]) -> str:
    return " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
