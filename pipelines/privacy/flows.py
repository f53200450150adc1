"""Complementary suppression in flows of steps: who remains after one step, less who the next leaves out, remains after it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.privacy.complementary import Cell, Equation, Row, State
from pipelines.privacy.profiles import Profile


@dataclass(frozen=True)
class Flow:
    """Steps in the order of `order`: the column `left_out` is what each takes from the column `remaining` of the one before."""

    left_out: str
    remaining: str
    order: str


def protect_flow(
    flow: Flow, rows: Sequence[Row], key: Sequence[str], columns: dict[str, list[Cell | None]], profile: Profile
) -> None:
    """Hide further counts of a flow until nobody can work out who a step left out.

    A count that could be worked out is joined with the step after it, the last ones with the step before: who remains between
    the two is hidden, and who the other left out with it.
    """
    places: dict[tuple[object, ...], list[int]] = {}
    for number, row in enumerate(rows):
        places.setdefault(tuple(row[name] for name in key if name != flow.order), []).append(number)
    for numbers in places.values():
        numbers.sort(key=lambda number: float(str(rows[number][flow.order])))
        steps = [(columns[flow.left_out][number], columns[flow.remaining][number]) for number in numbers]
        known = [(out, after) for out, after in steps if out is not None and after is not None]
        for number in range(len(known)):
            _hide_who_went_before(known, number)
            _join(known, number, profile)


def _hide_who_went_before(steps: list[tuple[Cell, Cell]], number: int) -> None:
    """Who remains, when too few to be shown, is not left by taking who went last from who there was."""
    if steps[number][1].state is State.FEW:
        went = [out for out, _ in steps[: number + 1] if out.exact]
        _hold(*went[-1:])


def _join(steps: list[tuple[Cell, Cell]], number: int, profile: Profile) -> None:
    """Join a step with its neighbours until the equation between the shown counts around it is safe."""
    first = last = number
    while True:
        while first > 0 and steps[first - 1][1].is_hidden:
            first -= 1
        while last < len(steps) - 1 and steps[last][1].is_hidden:
            last += 1
        if first == 0:
            return  # who there was before the first step is not in the table
        terms = [(1, out) for out, _ in steps[first : last + 1]]
        if steps[last][1].is_hidden:
            terms.append((1, steps[last][1]))  # those that are shown are held by the equations on both sides
        if Equation(terms).is_safe(profile):
            return
        is_shown = steps[last][1].exact > 0 and not steps[last][1].is_hidden
        if is_shown and last < len(steps) - 1:
            _hold(steps[last][1], steps[last + 1][0])
        elif is_shown:
            _hold(steps[last][1])
        elif first > 1:
            _hold(steps[first - 1][1], steps[first - 1][0])
        else:
            return  # nothing more can be hidden


def _hold(*cells: Cell) -> None:
    for cell in cells:
        if cell.exact and not cell.is_hidden:
            cell.hold()
