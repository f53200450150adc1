"""A notebook's file in percent format as its cells: `# %%` begins code, `# %% [markdown]` begins text.

It is the format of jupytext, VS Code, PyCharm and Spyder (https://jupytext.readthedocs.io, "The percent format").
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_MARKER = re.compile(r"# %%(?P<said>.*)")
_HEADING = re.compile(r"#{1,6} +(?P<words>.+)")
_OPTIONS = "# ---"


@dataclass(frozen=True)
class Cell:
    """One cell: its number in the file, from 1; the heading above it; the line of the file on which its text begins."""

    number: int
    kind: Literal["code", "markdown"]
    heading: str
    first_line: int
    text: str

    @property
    def name(self) -> str:
        """The cell in words."""
        return f"cell {self.number}" + (f" ({self.heading})" if self.heading else "")


def read_cells(path: Path) -> list[Cell]:
    """The cells of a notebook's file that are not empty, in their order."""
    return cells_of(path.read_text(encoding="utf-8"))


def cells_of(text: str) -> list[Cell]:
    """The cells of a text in percent format; a header of options, as jupytext writes it, is left out."""
    cells: list[Cell] = []
    heading = ""
    for is_markdown, first, part in _parts(text.split("\n")):
        n_blank = next((number for number, line in enumerate(part) if line.strip()), len(part))
        lines, first_line = part[n_blank:], first + n_blank
        said = "\n".join(re.sub(r"^# ?", "", line) for line in lines) if is_markdown else "\n".join(lines)
        if not said.strip():
            continue
        if is_markdown and (found := _HEADING.match(said)):
            heading = found["words"].strip()
        cells.append(Cell(len(cells) + 1, "markdown" if is_markdown else "code", heading, first_line, said.rstrip()))
    return cells


def _parts(lines: list[str]) -> list[tuple[bool, int, list[str]]]:
    """Whether each part is text, its first line's number and its lines."""
    first = lines.index(_OPTIONS, 1) + 1 if lines[0] == _OPTIONS and _OPTIONS in lines[1:] else 0
    parts: list[tuple[bool, int, list[str]]] = [(False, first + 1, [])]
    for number, line in enumerate(lines[first:], start=first + 1):
        if marker := _MARKER.match(line):
            parts.append(("[markdown]" in marker["said"] or "[md]" in marker["said"], number + 1, []))
        else:
            parts[-1][2].append(line)
    return parts


def title_of(cells: list[Cell], name: str) -> str:
    """The notebook's title: its first heading, or its name in words."""
    return next((cell.heading for cell in cells if cell.heading), name.replace("_", " ").capitalize())
