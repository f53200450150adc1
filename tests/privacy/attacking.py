"""The attack on what is published: every count a variable, everything that a reader knows of them a line of one linear programme.

A reader knows the numbers shown (to their rounding), the rules, how the rows add up, and (more than the files tell) which
counts are hidden for their own size. What a hidden count can then be at least and at most is found by the simplex method.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from pipelines.privacy.disclosure import Declared, release_declared
from pipelines.privacy.profiles import Profile

Cell = tuple[Any, ...]


@dataclass
class Attack:
    """What is known of the published counts: bounds, and lines `coefficients . counts` that are 0, or at least a number."""

    profile: Profile
    low: dict[Cell, float] = field(default_factory=dict)
    high: dict[Cell, float] = field(default_factory=dict)
    equal: list[dict[Cell, float]] = field(default_factory=list)
    at_least: list[tuple[dict[Cell, float], float]] = field(default_factory=list)
    sums: list[dict[Cell, float]] = field(default_factory=list)
    wanted: dict[Cell, dict[Cell, float]] = field(default_factory=dict)
    """What is sought, as a sum of counts: a small count, or the small rest of a whole."""
    hidden: set[Cell] = field(default_factory=set)
    exact: dict[Cell, int] = field(default_factory=dict)
    _lines_of: dict[Cell, list[dict[Cell, float]]] = field(default_factory=dict)

    def read(self, name: str, exact: pd.DataFrame, shown: pd.DataFrame, said: Declared) -> None:
        """Take in a published table; `exact` says only which counts are the ones sought."""
        rows = exact[list(said.key)].to_dict("records")
        keys = [tuple(row.values()) for row in rows]
        for column in said.columns:
            whole = dict(said.parts).get(column)
            for number, key in enumerate(keys):
                if not pd.isna(exact[column].iloc[number]):
                    words = shown[f"{column}_percent_words"].iloc[number] if whole else None
                    self._read_cell((name, column, key), exact, shown, number, column, whole, words)
            for total in said.totals:
                self._read_total(name, column, rows, keys, total, said.key)
        for flow in said.flows:
            self._read_flow(name, flow, rows, keys, said.key)

    def _read_cell(self, cell: Cell, exact, shown, number, column, whole, words) -> None:  # type: ignore[no-untyped-def]
        few, count = self.profile.smallest_shown - 1, int(exact[column].iloc[number])
        self.exact[cell] = count
        number_shown = shown[column].iloc[number]
        whole_cell = (cell[0], whole, cell[2])
        if whole:
            self.at_least.append(({whole_cell: 1, cell: -1}, 0))
        if not pd.isna(number_shown):
            half = (self.profile.rounded_to - 1) // 2
            value = int(number_shown)
            self.low[cell], self.high[cell] = (0, 0) if value == 0 else (max(few + 1, value - half), value + half)
            return
        self.hidden.add(cell)
        self.low[cell], self.high[cell] = 0, np.inf
        is_few = 0 < count <= few
        if is_few:
            self.low[cell], self.high[cell] = 1, few
            self.wanted[cell] = {cell: 1}
        elif not whole:
            self.low[cell] = few + 1
        elif words is not None and not pd.isna(words) and words.startswith(">"):
            rest = {whole_cell: 1.0, cell: -1.0}
            self.at_least += [(rest, 1), ({key: -value for key, value in rest.items()}, -few)]
            self.wanted[cell] = rest

    def _read_total(self, name, column, rows, keys, total, key) -> None:  # type: ignore[no-untyped-def]
        groups: dict[Any, list[int]] = {}
        for number, row in enumerate(rows):
            others = tuple(row[one] for one in key if one not in (total.column, total.of))
            groups.setdefault(others, []).append(number)
        for numbers in groups.values():
            place = total.of or total.column
            wholes = [number for number in numbers if rows[number][place] == total.value]
            for group in {rows[number][total.of] if total.of else "" for number in numbers} - {total.value}:
                members = [
                    (name, column, keys[number])
                    for number in numbers
                    if rows[number][place] != total.value and (not total.of or rows[number][total.of] == group)
                ]
                members = [cell for cell in members if cell in self.exact]
                if not wholes or not members or (name, column, keys[wholes[0]]) not in self.exact:
                    continue
                whole = (name, column, keys[wholes[0]])
                line = {whole: 1.0} | dict.fromkeys(members, -1.0)
                self.sums.append(line)
                if self.exact[whole] == sum(self.exact[cell] for cell in members):
                    self.equal.append(line)
                else:
                    self.at_least.append((line, 0))

    def _read_flow(self, name, flow, rows, keys, key) -> None:  # type: ignore[no-untyped-def]
        groups: dict[Any, list[int]] = {}
        for number, row in enumerate(rows):
            groups.setdefault(tuple(row[one] for one in key if one != flow.order), []).append(number)
        for numbers in groups.values():
            ordered = sorted(numbers, key=lambda number: rows[number][flow.order])
            for before, after in pairwise(ordered):
                line = {
                    (name, flow.remaining, keys[before]): 1.0,
                    (name, flow.left_out, keys[after]): -1.0,
                    (name, flow.remaining, keys[after]): -1.0,
                }
                self.equal.append(line)
                self.sums.append(line)

    def never_falls(self, earlier: str, later: str) -> None:
        """Counts of an earlier report are at most those of a later one: records are added, not taken away."""
        for cell in list(self.exact):
            if cell[0] == earlier and (later, *cell[1:]) in self.exact:
                self.at_least.append(({(later, *cell[1:]): 1, cell: -1}, 0))

    def possible(self, sought: dict[Cell, float]) -> tuple[int, int]:
        """The least and the greatest whole number that what is sought can be, by all that is known."""
        cells = self._connected(next(iter(sought)))
        places = {cell: number for number, cell in enumerate(cells)}
        bounds = [(self.low[cell], None if self.high[cell] == np.inf else self.high[cell]) for cell in places]
        cost = np.zeros(len(places))
        for cell, sign in sought.items():
            cost[places[cell]] = sign
        limits: dict[str, Any] = {}
        if equal := [line for line in self.equal if next(iter(line)) in places]:
            limits |= {"A_eq": _matrix(equal, places), "b_eq": np.zeros(len(equal))}
        if at_least := [(line, least) for line, least in self.at_least if next(iter(line)) in places]:
            limits["A_ub"] = -_matrix([line for line, _ in at_least], places)
            limits["b_ub"] = [-least for _, least in at_least]
        found = []
        for sign in (1, -1):
            solved = linprog(sign * cost, bounds=bounds, method="highs", **limits)
            assert solved.status in (0, 3), solved.message
            found.append(np.inf if solved.status == 3 else sign * solved.fun)
        return int(np.ceil(found[0] - 1e-6)), int(min(10**6, np.floor(found[1] + 1e-6)))

    def _connected(self, start: Cell) -> list[Cell]:
        """The counts that hang together with one, by any line."""
        if not self._lines_of:
            for line in [*self.equal, *(line for line, _ in self.at_least)]:
                for cell in line:
                    self._lines_of.setdefault(cell, []).append(line)
        found, pending = {start: None}, [start]
        while pending:
            for line in self._lines_of.get(pending.pop(), ()):
                new = [cell for cell in line if cell not in found]
                found |= dict.fromkeys(new)
                pending += new
        return list(found)

    def narrowed(self) -> dict[Cell, tuple[int, int]]:
        """The small counts that cannot be every small number, though a number in one sum with them is shown."""
        few = self.profile.smallest_shown - 1
        ranges = {cell: self.possible(sought) for cell, sought in self.wanted.items()}
        return {
            cell: (low, high)
            for cell, (low, high) in ranges.items()
            if (low > 1 or high < few) and self._has_shown_neighbour(cell)
        }

    def recovered(self) -> dict[Cell, tuple[int, int]]:
        """The small counts of which fewer than half of the small numbers are left."""
        few = self.profile.smallest_shown - 1
        return {cell: (low, high) for cell, (low, high) in self.narrowed().items() if high - low + 1 < few / 2}

    def _has_shown_neighbour(self, cell: Cell) -> bool:
        return any(
            other not in self.hidden and self.exact[other] for line in self.sums if cell in line for other in line
        )


def _matrix(lines: list[dict[Cell, float]], places: dict[Cell, int]) -> csr_matrix:
    entries = [(number, places[cell], value) for number, line in enumerate(lines) for cell, value in line.items()]
    rows, columns, values = zip(*entries, strict=True)
    return csr_matrix((values, (rows, columns)), shape=(len(lines), len(places)))


def attack(tables: dict[str, tuple[pd.DataFrame, Declared]], profile: Profile, *, is_open: bool = False) -> Attack:
    """The attack on tables by name, released as the night does it, or (`is_open`) without complementary suppression."""
    made = Attack(profile)
    for name, (exact, said) in tables.items():
        asked = replace(said, totals=(), flows=()) if is_open else said
        made.read(name, exact, release_declared(exact, asked, profile), said)
    return made
