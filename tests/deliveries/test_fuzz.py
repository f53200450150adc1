"""Deliveries that went wrong in every way we know: each ends in a state, and what is in force is what the reference model says."""

import random
from collections import Counter
from pathlib import Path

from pipelines.settings import Settings
from tests.deliveries.agreement import Night, load
from tests.deliveries.any_delivery import any_feeds
from tests.deliveries.clinics import send
from tests.deliveries.mutations import KINDS, mutate

STATES = {"seen", "quarantined", "incomplete"}


def _mutated(seed: int, inbox: Path, n_deliveries: int) -> dict[str, list[str]]:
    """An inbox with one delivery a clinic, each mutated by the next kind and some by a second; returns kinds by clinic."""
    kinds: dict[str, list[str]] = {}
    for number in range(n_deliveries):
        rng = random.Random(f"{seed} {number}")
        clinic = f"F{number:04d}"
        kinds[clinic] = [KINDS[(seed + number) % len(KINDS)]]
        if rng.random() < 0.3:
            kinds[clinic].append(rng.choice(KINDS))
        feeds = any_feeds(rng, clinic)
        folder = send(inbox, clinic, "2026-11-01", feeds)
        mutate(rng, folder, feeds, kinds[clinic])
    send(inbox, "G001", "2026-11-01", any_feeds(random.Random(seed), "G001"))
    return kinds


def _fuzz(settings: Settings, seed: int, n_deliveries: int) -> Counter[tuple[str, str]]:
    """How many deliveries of each first kind ended in each state; fails when one vanished or the model disagrees."""
    kinds = _mutated(seed, settings.inbox, n_deliveries)
    night = load(settings)
    assert not night.disagreements, _said(night, kinds)
    states = {entry.clinic_code: entry.state for entry in night.entries}
    assert set(states) == {*kinds, "G001"}
    assert set(states.values()) <= STATES
    assert states["G001"] == "seen"
    assert all(entry.reason or entry.state == "seen" for entry in night.entries)
    return Counter((kinds[clinic][0], state) for clinic, state in states.items() if clinic in kinds)


def _said(night: Night, kinds: dict[str, list[str]]) -> str:
    clinics = {clinic: named for clinic, named in kinds.items() if any(clinic in line for line in night.disagreements)}
    return "\n".join([*night.disagreements[:10], repr(clinics)])


def test_there_are_more_kinds_than_were_asked_for() -> None:
    """R-F5 asks for 25."""
    assert len(set(KINDS)) == len(KINDS) >= 80


def test_mutated_deliveries_end_in_a_state_and_agree_with_the_reference_model(settings: Settings) -> None:
    """R-F5, R-F4: a mutated delivery is loaded, quarantined or refused; rows applied and set aside are all its records."""
    assert sum(_fuzz(settings, 1, 60).values()) == 60
