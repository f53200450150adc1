"""Short nights killed with signal 9 at every step and at any time; what is published stays whole and the next night heals."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.checking import Tally
from tests.faults.nursery import Nursery, Order
from tests.faults.scenarios import WAVES, Scenario
from tests.faults.trials import at_steps, at_times, kill_and_heal, seconds_of

By = Callable[[str], Scenario]


@pytest.mark.ci
def test_a_night_killed_while_it_keeps_swaps_and_marks_loses_nothing(
    nights: Nursery, scenario: By, tally: Tally, tmp_path: Path
) -> None:
    """R-F1: between the copy of a delivery and its line in the ledger, between the build and the swap, and after the swap."""
    keeps, swaps, marks = (
        Order("", "", said=said)
        for said in ("sqlite insert into delivery", "os.symlink", "sqlite update delivery set state = ?")
    )
    kill_and_heal(nights, scenario("the first night"), tmp_path / "one", keeps, tally, again=(swaps, marks))
    assert tally.injected == 3
    assert tally.notes == []


@pytest.mark.ci
@pytest.mark.parametrize("name", WAVES)
def test_a_night_killed_anywhere_loses_nothing(
    nights: Nursery, scenario: By, tally: Tally, tmp_path: Path, name: str
) -> None:
    """R-F1: at random steps, at random times, and killed again while it heals."""
    chosen = scenario(name)
    for order in at_steps(chosen, 3, seed=1) + at_times(
        1, seed=2, longest_seconds=seconds_of(nights, chosen, tmp_path / "timed")
    ):
        kill_and_heal(nights, chosen, tmp_path / "one", order, tally)
    first, second = at_steps(chosen, 2, seed=3)
    kill_and_heal(nights, chosen, tmp_path / "one", first, tally, again=(second,))
    assert tally.notes == []


@pytest.mark.long
def test_a_night_killed_before_every_step_loses_nothing(
    nights: Nursery, scenario: By, tally: Tally, tmp_path: Path
) -> None:
    """R-F1: each step of the second night once, from the first file to the last mark."""
    chosen = scenario("the second night")
    for at in range(1, len(chosen.steps) + 1):
        kill_and_heal(nights, chosen, tmp_path / "one", Order("", "", at=at), tally)
    assert tally.notes == []


@pytest.mark.long
@pytest.mark.parametrize("name", WAVES)
def test_a_night_killed_before_each_step_of_publishing_loses_nothing(
    nights: Nursery, scenario: By, tally: Tally, tmp_path: Path, name: str
) -> None:
    """R-F1: three times before each step in each of the three scenarios; half of them are killed again while they heal."""
    chosen = scenario(name)
    draw = random.Random(7)
    for at in chosen.publishing:
        for _ in range(3):
            again = (Order("", "", at=draw.randint(1, len(chosen.steps))),) if draw.random() < 0.5 else ()
            kill_and_heal(nights, chosen, tmp_path / "one", Order("", "", at=at), tally, again=again)
    assert tally.notes == []


@pytest.mark.long
@pytest.mark.parametrize("name", WAVES)
def test_a_night_killed_at_any_time_and_again_while_it_heals_loses_nothing(
    nights: Nursery, scenario: By, tally: Tally, tmp_path: Path, name: str
) -> None:
    """R-F1: in each of the three scenarios 70 kills at random times, inside SQLite's and DuckDB's own writing too, up to five
    in a row."""
    chosen = scenario(name)
    orders = iter(at_times(1_000, seed=11, longest_seconds=seconds_of(nights, chosen, tmp_path / "timed")))
    while tally.injected < 70:
        one, *again = itertools.islice(orders, 5)
        kill_and_heal(nights, chosen, tmp_path / "one", one, tally, again=tuple(again))
    assert tally.notes == []
