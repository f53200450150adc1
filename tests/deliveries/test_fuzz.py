"""Deliveries that went wrong in every way we know: each ends in a state, and what is in force is what the reference model says."""

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

from pipelines.deliveries.manifest import read_manifest
from pipelines.settings import Settings
from tests.deliveries.agreement import Night, load
from tests.deliveries.any_delivery import any_feeds
from tests.deliveries.clinics import clinic_feeds, send
from tests.deliveries.mutations import KINDS, mutate
from tests.deliveries.reference_model import Received

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
    (night,) = load(settings)
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


@pytest.mark.ci
def test_mutated_deliveries_end_in_a_state_and_agree_with_the_reference_model(settings: Settings) -> None:
    """R-F5, R-F4: a mutated delivery is loaded, quarantined or refused; rows applied and set aside are all its records."""
    assert sum(_fuzz(settings, 1, 60).values()) == 60


@pytest.mark.ci
def test_the_model_would_notice_one_value_one_row_or_one_key(settings: Settings) -> None:
    """A positive control: the comparison fails on the smallest difference."""
    feeds = clinic_feeds("C001")
    send(settings.inbox, "C001", "2026-11-01", feeds)
    content = read_manifest(settings.inbox / "C001" / "2026-11-01").delivery_key
    changes = ({"rmdq24": "13"}, {"rmdq24": ".d"}, {"episode_key": "another-episode-of-care"}, {"rf_any": "maybe"})
    others = [feeds | {"intake": [feeds["intake"][0] | change, *feeds["intake"][1:]]} for change in changes]
    told = [[Received("C001", "2026-11-01", content, "snapshot", files)] for files in (feeds, *others)]
    right, as_sent, *wrong = load(settings, told)
    assert not right.disagreements
    assert not as_sent.disagreements
    assert all(night.disagreements for night in wrong)


@pytest.mark.parametrize("times", [pytest.param(2, marks=pytest.mark.ci), pytest.param(5, marks=pytest.mark.long)])
def test_mutated_deliveries_of_every_kind_agree_with_the_reference_model(settings: Settings, times: int) -> None:
    """R-F5: each kind as often."""
    outcomes = _fuzz(settings, 1_000, times * len(KINDS))
    assert {kind for kind, _ in outcomes} == set(KINDS)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10_000, 20_000, 500))
def test_10000_mutated_deliveries_agree_with_the_reference_model(settings: Settings, seed: int) -> None:
    """R-F5: 20 times 500 deliveries, 0 silent changes. The outcome by kind is printed (pytest -s)."""
    outcomes = _fuzz(settings, seed, 500)
    assert sum(outcomes.values()) == 500
    sys.stdout.writelines(f"{kind}\t{state}\t{number}\n" for (kind, state), number in sorted(outcomes.items()))
