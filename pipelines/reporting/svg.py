"""A small drawing surface: SVG with every text escaped, a linear scale and the report's colours."""

from dataclasses import dataclass, field

from markupsafe import Markup

INK, MUTED, GRID, AXIS = "#1a2430", "#4f5b67", "#dde3e9", "#7f8b98"
NAVY, BLUE, SKY, ORANGE, OLIVE, BAND, WHITE = (
    "#0b4a6f",
    "#0072b2",
    "#b3d4e8",
    "#b5400f",
    "#6b6b00",
    "#edf1f4",
    "#ffffff",
)
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
    """Shapes of one picture of `width` by `height` units; `markup` gives the finished SVG element."""

    width: float
    height: float
    shapes: list[Markup] = field(default_factory=list)

    def _add(self, template: Markup, *values: object) -> None:
        self.shapes.append(template.format(*values))

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1) -> None:
        """A straight line."""
        shape = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{:g}"/>')
        self._add(shape, x1, y1, x2, y2, colour, width)

    def rect(self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0) -> None:
        """A filled rectangle; a negative width draws nothing."""
        shape = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:g}" fill="{}"/>')
        self._add(shape, x, y, max(0, width), height, radius, colour)

    def circle(self, x: float, y: float, radius: float, colour: str) -> None:
        """A filled circle."""
        self._add(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:g}" fill="{}"/>'), x, y, radius, colour)

    def diamond(self, x: float, y: float, radius: float, colour: str) -> None:
        """A filled diamond, so that two kinds of mark differ in shape and not only in colour."""
        self.area([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], colour)

    def path(self, points: list[Point], colour: str, *, width: float = 2, dash: str = "none") -> None:
        """A line through points; `dash` as in stroke-dasharray."""
        shape = Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="{:g}" stroke-dasharray="{}"/>')
        self._add(shape, _joined(points), colour, width, dash)

    def area(self, points: list[Point], colour: str) -> None:
        """A filled polygon."""
        self._add(Markup('<polygon points="{}" fill="{}"/>'), _joined(points), colour)

    def text(
        self, x: float, y: float, text: str, *, colour: str = INK, anchor: str = "start", bold: bool = False
    ) -> None:
        """One line of text, escaped; `anchor` is start, middle or end."""
        shape = Markup('<text x="{:.1f}" y="{:.1f}" fill="{}" text-anchor="{}" font-weight="{}">{}</text>')
        self._add(shape, x, y, colour, anchor, 700 if bold else 400, text)

    def markup(self, key: str, title: str, description: str) -> Markup:
        """The SVG element, named for readers who do not see it; `key` makes its ids unique on the page."""
        template = Markup(
            '<svg viewBox="0 0 {:g} {:g}" role="img" font-size="{}" aria-labelledby="{}-t {}-d">'
            '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>'
        )
        shapes = Markup("").join(self.shapes)
        return template.format(self.width, self.height, FONT_SIZE, key, key, key, title, key, description, shapes)


def _joined(points: list[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
