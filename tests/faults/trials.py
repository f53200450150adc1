"""One trial: an installation is disturbed during a night, looked at, and healed by the nights after."""

import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

from pipelines.settings import Settings
from tests.faults.checking import Tally, ledger_rows, what_is_not_healed, what_is_wrong
from tests.faults.nursery import Nursery, Order
from tests.faults.scenarios import Scenario

KILLED = -9


def kill_and_heal(
    nursery: Nursery, scenario: Scenario, folder: Path, order: Order, tally: Tally, *, again: tuple[Order, ...] = ()
) -> None:
    """Kill a night as `order` says, then nights that heal as `again` says, and let the next one run to its end.

    Everything that must hold is looked at after every kill. What the ledger says is kept in the store is then taken out of
    the inbox, as a clinic may do: it must not be needed any more.
    """
    started = time.perf_counter()
    settings = Settings(scenario.begun(folder / "home").home, folder / "inbox")
    shutil.copytree(scenario.inbox, settings.inbox, dirs_exist_ok=False)
    for one in (order, *again):
        answer = nursery.night(replace(one, home=str(settings.home), inbox=str(settings.inbox)))
        where = f"{scenario.name}, {one.at or one.said or one.seconds}, {answer.steps[-1:]}"
        if answer.status not in (KILLED, 0):
            tally.add([f"lost: a night ended with {answer.status}: {answer.said}"], where)
        tally.injected += answer.status == KILLED
        tally.add(what_is_wrong(settings, set(scenario.whole)), where)
    _take_out_what_is_kept(settings)
    heal(nursery, scenario, settings, tally, where)
    shutil.rmtree(folder)
    tally.seconds += time.perf_counter() - started


def heal(nursery: Nursery, scenario: Scenario, settings: Settings, tally: Tally, where: str) -> None:
    """Run the next night, undisturbed, and look at what it made."""
    answer = nursery.night(Order(str(settings.home), str(settings.inbox)))
    if answer.status:
        tally.add([f"lost: the next night ended with {answer.status}: {answer.said}"], where)
        return
    tally.nights_to_heal = max(tally.nights_to_heal, 1)
    tally.add(what_is_wrong(settings, set(scenario.whole)), where)
    tally.add(what_is_not_healed(settings, scenario.expected, scenario.said), where)


def _take_out_what_is_kept(settings: Settings) -> None:
    if settings.ledger.exists():
        for clinic, delivery, state, key in ledger_rows(settings):
            if key and state != "duplicate":
                shutil.rmtree(settings.inbox / clinic / delivery, ignore_errors=True)


def at_steps(scenario: Scenario, n: int, seed: int) -> list[Order]:
    """`n` kills before steps drawn at random from the whole night."""
    draw = random.Random(seed)
    return [Order("", "", at=draw.randint(1, len(scenario.steps))) for _ in range(n)]


def at_times(n: int, seed: int, longest_seconds: float) -> list[Order]:
    """`n` kills after a random time, wherever the night is then."""
    draw = random.Random(seed)
    return [Order("", "", seconds=draw.uniform(0.0, longest_seconds)) for _ in range(n)]


def seconds_of(nights: Nursery, scenario: Scenario, folder: Path) -> float:
    """How long the night takes here and now, undisturbed."""
    settings = scenario.begun(folder)
    started = time.perf_counter()
    assert nights.night(Order(str(settings.home), str(settings.inbox))).status == 0
    shutil.rmtree(folder)
    return time.perf_counter() - started
