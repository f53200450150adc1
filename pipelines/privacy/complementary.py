"""Complementary suppression: what else must be hidden so that no hidden count can be worked out from the others.

Counts that add up (clinics to the network, steps to who remains) are equations between published numbers. A count below the
threshold is safe when, by all of them together, it could still be every number below the threshold. While it could not, the
smallest shown count of its equation is hidden too (secondary suppression; Hundepool and others, Statistical Disclosure Control,
Wiley 2012, chapter 4), then the next. What could be is found from the true counts: how far the others can give way, each within
what a reader knows of it, is how far the hidden one can move. A reader is taken to know the rules, and which counts are hidden
for their own size and which to protect another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Any

from pipelines.privacy.profiles import Profile

Row = Mapping[Any, Any]
Others = tuple[object, ...]
_FAR = 1e6


class State(Enum):
    """Why a count is shown or hidden."""

    SHOWN = "shown"
    FEW = "it is below the threshold"
    FEW_LEFT = "what it leaves of its whole is below the threshold"
    WHOLE_HIDDEN = "its whole is hidden"
    HELD = "another count could be worked out from it"
    NOT_LISTED = "it is what the listed counts leave of their total"


@dataclass
class Cell:
    """One exact count, the count that it is a part of, and its own parts."""

    exact: int
    whole: "Cell | None" = None
    state: State = State.SHOWN
    parts: "list[Cell]" = field(default_factory=list)

    @property
    def is_hidden(self) -> bool:
        """Whether it may not be shown."""
        return self.state is not State.SHOWN

    def judge(self, profile: Profile) -> None:
        """Hide it when its own size, its rest or its whole asks for it."""
        if profile.hides(self.exact):
            self.state = State.FEW
        elif self.whole is not None and self.whole.is_hidden:
            self.state = State.WHOLE_HIDDEN
        elif self.whole is not None and profile.hides(self.whole.exact - self.exact):
            self.state = State.FEW_LEFT

    def hold(self, state: State = State.HELD) -> None:
        """Hide it to protect another, and its parts with it."""
        self.state = state
        for part in self.parts:
            if not part.is_hidden:
                part.hold(State.WHOLE_HIDDEN)

    def known(self, profile: Profile) -> tuple[float, float]:
        """Between which numbers a reader knows the count to lie, its whole being what it is."""
        few, whole = profile.smallest_shown - 1, inf if self.whole is None else self.whole.exact
        if self.state is State.NOT_LISTED:
            return 0, inf
        if self.state is State.WHOLE_HIDDEN:
            return 0, whole
        if self.state is State.FEW:
            return 1, few if self.whole is None or self.whole.is_hidden else min(few, whole)
        if self.state is State.FEW_LEFT:
            return whole - few, whole - 1
        if self.state is State.HELD:
            return few + 1, whole - few - 1
        if self.exact in (0, whole):
            return self.exact, self.exact
        low, high = profile.known(self.exact)
        return max(low, few + 1), min(high, whole - few - 1)

    def must_cover(self, profile: Profile) -> tuple[float, float] | None:
        """The numbers that must all remain possible, or None when the count needs no protection."""
        if self.state in (State.FEW, State.FEW_LEFT):
            return self.known(profile)
        if self.state is State.NOT_LISTED and profile.hides(self.exact):
            return 1, profile.smallest_shown - 1
        return None


@dataclass(frozen=True)
class Equation:
    """Counts with their signs that add up to nothing: members +1, their total -1.

    With `holds_total`, other equations hold the total as well, so that it is taken as fixed.
    """

    terms: Sequence[tuple[int, Cell]]
    holds_total: bool = False

    def is_safe(self, profile: Profile) -> bool:
        """Whether each count that needs protection could still be all that it must cover."""
        ways = [self._ways(sign, cell, profile) for sign, cell in self.terms]
        all_down, all_up = sum(down for down, _ in ways), sum(up for _, up in ways)
        for (sign, cell), (own_down, own_up) in zip(self.terms, ways, strict=True):
            asked = cell.must_cover(profile)
            if asked is None:
                continue
            others_down, others_up = all_down - own_down, all_up - own_up
            falls, rises = (others_up, others_down) if sign > 0 else (others_down, others_up)
            if cell.exact - falls > asked[0] or cell.exact + rises < asked[1]:
                return False
        return True

    def _ways(self, sign: int, cell: Cell, profile: Profile) -> tuple[float, float]:
        """How far the count can move the sum down and up; no further than anything may ask for."""
        if sign < 0 and self.holds_total:
            return 0, 0
        low, high = cell.known(profile)
        falls, rises = (min(_FAR, max(0.0, way)) for way in (cell.exact - low, high - cell.exact))
        return (falls, rises) if sign > 0 else (rises, falls)

    def protect(self, profile: Profile) -> None:
        """Hide further counts, the smallest member first, until it is safe or nothing more can be hidden."""
        while not self.is_safe(profile):
            shown = [(sign, cell) for sign, cell in self.terms if not cell.is_hidden and cell.exact]
            if not shown:
                return
            min(shown, key=lambda term: (term[0] < 0, term[1].exact))[1].hold()


@dataclass(frozen=True)
class Total:
    """Rows that add up: those of the other values of `column` to the row where it is `value`. With `of`, the levels (`column`)
    of each value of `of` add up to the row where `of` is `value`."""

    column: str
    value: str
    of: str = ""


def equations(total: Total, rows: Sequence[Row], key: Sequence[str], cells: Sequence[Cell | None]) -> list[Equation]:
    """The equations of one column of counts by a declared total. What the listed rows leave of it is a count of its own.

    `rows` are the table's rows by column, `cells` their counts. Raises ValueError when rows count more than their total.
    """
    place = total.of or total.column
    members: dict[tuple[Others, object], list[Cell]] = {}
    wholes: dict[Others, Cell] = {}
    for row, cell in zip(rows, cells, strict=True):
        others = tuple(row[name] for name in key if name not in (total.column, total.of))
        if cell is not None and row[place] == total.value:
            wholes[others] = cell
        elif cell is not None:
            members.setdefault((others, row[place] if total.of else ""), []).append(cell)
    found = []
    for (others, _), listed in members.items():
        if others not in wholes:
            continue
        left = wholes[others].exact - sum(cell.exact for cell in listed)
        if left < 0:
            raise ValueError(f"the rows by {total.column} count more than their total '{total.value}'")
        rest = [(1, Cell(left, state=State.NOT_LISTED))] if left else []
        terms = [*((1, cell) for cell in listed), (-1, wholes[others]), *rest]
        found.append(Equation(terms, holds_total=bool(total.of)))
    return found
