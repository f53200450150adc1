"""What the tests of faults share: the nursery, the scenarios, and a table of what was injected and what came of it."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.faults.checking import Tally
from tests.faults.nursery import Nursery, nursery
from tests.faults.scenarios import Scenario, prepare

_TALLIES = pytest.StashKey[dict[str, Tally]]()


@pytest.fixture(scope="session")
def nights() -> Iterator[Nursery]:
    """Short nights, a second each."""
    with nursery() as one:
        yield one


@pytest.fixture(scope="session")
def scenario(nights: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scenario]:
    """A scenario by name, made once."""
    return cache(lambda name: prepare(name, tmp_path_factory.mktemp("scenario"), nights))


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """The tally of this test, which stands in the table at the end."""
    tallies = request.config.stash.setdefault(_TALLIES, {})
    return tallies.setdefault(request.node.name, Tally())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table: fault, times injected, lost, doubled, unreadable, left behind, nights until healed, seconds."""
    tallies = terminalreporter.config.stash.get(_TALLIES, {})
    if tallies:
        terminalreporter.section("faults injected")
        terminalreporter.write_line("injected  lost  doubled  unreadable  left  nights  seconds  test")
    for name, one in tallies.items():
        terminalreporter.write_line(
            f"{one.injected:8}  {one.lost:4}  {one.doubled:7}  {one.unreadable:10}  {one.left:4}  {one.nights_to_heal:6}  "
            f"{one.seconds:7.0f}  {name}"
        )
