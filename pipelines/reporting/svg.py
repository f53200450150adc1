"""A small drawing surface: SVG text with escaping, a linear scale and the report's colours. No dependency, no script."""

from dataclasses import dataclass, field
from html import escape

from markupsafe import Markup

INK, MUTED, GRID, AXIS = "#1a2430", "#4f5b67", "#dde3e9", "#8a96a3"
NAVY, BLUE, SKY, ORANGE, OLIVE, BAND = "#0b4a6f", "#0072b2", "#b3d4e8", "#b5400f", "#6b6b00", "#edf1f4"
FONT_SIZE = 12


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
    shapes: list[str] = field(default_factory=list)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dash: str = "") -> None:
        """A straight line; `dash` as in stroke-dasharray."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.shapes.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}" stroke-width="{width:g}"{dashed}/>'
        )

    def rect(self, x: float, y: float, width: float, height: float, colour: str, radius: float = 0) -> None:
        """A filled rectangle."""
        self.shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{height:.1f}" rx="{radius:g}" fill="{colour}"/>'
        )

    def circle(self, x: float, y: float, radius: float, colour: str) -> None:
        """A filled circle."""
        self.shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>')

    def diamond(self, x: float, y: float, radius: float, colour: str) -> None:
        """A filled diamond, so that two kinds of mark differ in shape and not only in colour."""
        points = f"{x:.1f},{y - radius:.1f} {x + radius:.1f},{y:.1f} {x:.1f},{y + radius:.1f} {x - radius:.1f},{y:.1f}"
        self.shapes.append(f'<polygon points="{points}" fill="{colour}"/>')

    def path(self, points: list[tuple[float, float]], colour: str, width: float = 2, dash: str = "") -> None:
        """A line through points."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.shapes.append(
            f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
            f'stroke-linejoin="round"{dashed}/>'
        )

    def area(self, points: list[tuple[float, float]], colour: str) -> None:
        """A filled polygon."""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.shapes.append(f'<polygon points="{joined}" fill="{colour}"/>')

    def text(
        self, x: float, y: float, text: str, *, colour: str = INK, anchor: str = "start", bold: bool = False
    ) -> None:
        """One line of text, escaped; `anchor` is start, middle or end."""
        weight = ' font-weight="700"' if bold else ""
        self.shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def markup(self, key: str, title: str, description: str) -> Markup:
        """The SVG element, named for readers who do not see it; `key` makes its ids unique on the page."""
        return Markup(
            f'<svg viewBox="0 0 {self.width:g} {self.height:g}" role="img" font-size="{FONT_SIZE}" '
            f'aria-labelledby="{key}-t {key}-d"><title id="{key}-t">{escape(title)}</title>'
            f'<desc id="{key}-d">{escape(description)}</desc>{"".join(self.shapes)}</svg>'
        )


def wrapped(text: str, width: int) -> list[str]:
    """Text in lines of at most `width` characters, broken between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
