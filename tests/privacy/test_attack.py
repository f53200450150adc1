"""Nothing that is published, taken together, tells a count below the threshold: the linear system of it is solved."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.practitioner_reports import COUNTS as PRACTITIONERS
from pipelines.privacy.complementary import Total
from pipelines.privacy.disclosure import Declared, declared
from pipelines.privacy.flows import Flow
from pipelines.privacy.profiles import CMS, INTERNAL, NHS_HES, Profile
from pipelines.tables import sql_files

from .attacking import attack

PROFILES = (NHS_HES, CMS, INTERNAL, Profile("unrounded", smallest_shown=8, rounded_to=1))
CLINICS = Declared(
    counts=("due",),
    parts=(("answered", "due"), ("improved", "answered")),
    totals=(Total("clinic_code", "network"),),
    key=("clinic_code",),
)
GROUPS = Declared(
    parts=(("n_with", "n"),), totals=(Total("level", "all", of="group_name"),), key=("group_name", "level")
)
STEPS = Declared(
    counts=("left_out", "remaining"), flows=(Flow("left_out", "remaining", "step_no"),), key=("trial", "step_no")
)


def _some(draw: np.random.Generator, most: int) -> int:
    """A count that is often nothing or small."""
    return int(draw.choice([0, draw.integers(1, 12), draw.integers(0, 40), draw.integers(0, 400)]).clip(0, most))


def clinics(seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for number in range(draw.integers(1, 7)):
        due = _some(draw, 400)
        answered = due - _some(draw, due) if draw.random() < 0.5 else _some(draw, due)
        improved = answered - _some(draw, answered) if draw.random() < 0.5 else _some(draw, answered)
        rows.append({"clinic_code": f"C{number:03}", "due": due, "answered": answered, "improved": improved})
    network = {name: sum(row[name] for row in rows) for name in ("due", "answered", "improved")}
    return pd.DataFrame([*rows, {"clinic_code": "network"} | network])


def groups(seed: int) -> pd.DataFrame:
    """Two groupings of the same people; some people are of no level of the second."""
    draw = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    together = {"group_name": "all", "level": "all", "n": 0, "n_with": 0}
    for number in range(draw.integers(2, 6)):
        n = _some(draw, 400)
        rows.append({"group_name": "age", "level": f"a{number}", "n": n, "n_with": _some(draw, n)})
    together |= {name: sum(row[name] for row in rows) for name in ("n", "n_with")}
    left, left_with = together["n"], together["n_with"]
    for number in range(draw.integers(1, 4)):
        with_it = _some(draw, left_with)
        n = with_it + _some(draw, left - left_with)
        rows.append({"group_name": "sex", "level": f"s{number}", "n": n, "n_with": with_it})
        left, left_with = left - n, left_with - with_it
    return pd.DataFrame([*rows, together])


def steps(seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for trial in ("index", "decision"):
        remaining = int(draw.integers(0, 600))
        for number in range(6):
            left_out = 0 if number == 0 else _some(draw, remaining)
            remaining -= left_out
            rows.append({"trial": trial, "step_no": number, "left_out": left_out, "remaining": remaining})
    return pd.DataFrame(rows)


def practitioners(seed: int) -> pd.DataFrame:
    """What practitioners' own reports say of one clinic, the clinic's own count beside them."""
    draw = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for number in range(draw.integers(1, 6)):
        whole = _some(draw, 200)
        part = whole - _some(draw, whole) if draw.random() < 0.5 else _some(draw, whole)
        rows.append({"practitioner_key": f"p{number}", "numerator": part, "denominator": whole})
    both = {name: sum(row[name] for row in rows) for name in ("numerator", "denominator")}
    return pd.DataFrame([*rows, {"practitioner_key": "all"} | both]).assign(clinic_code="C001", indicator="QI-01")


MADE = {
    "clinics": (clinics, CLINICS),
    "groups": (groups, GROUPS),
    "steps": (steps, STEPS),
    "practitioners": (practitioners, PRACTITIONERS),
}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", MADE)
def test_no_small_count_can_be_worked_out_from_a_table(kind: str, profile: Profile) -> None:
    """Every small number stays possible for a small count in nearly all tables, and half of them in all."""
    made, said = MADE[kind]
    n_narrowed = 0
    for seed in range(40):
        known = attack({kind: (made(seed), said)}, profile)
        assert known.recovered() == {}, seed
        n_narrowed += bool(known.narrowed())
    assert n_narrowed <= 3


@pytest.mark.parametrize("kind", MADE)
def test_without_complementary_suppression_the_attack_succeeds(kind: str) -> None:
    """The control: the same attack on the same tables finds small counts to the unit."""
    made, said = MADE[kind]
    unrounded = PROFILES[-1]
    exactly = [
        cell
        for seed in range(40)
        for cell, (low, high) in attack({kind: (made(seed), said)}, unrounded, is_open=True).recovered().items()
        if low == high
    ]
    assert len(exactly) >= 5


def grown(earlier: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The clinics of a later period: often nobody new, seldom many."""
    draw = np.random.default_rng(seed)
    rows = []
    for row in earlier.to_dict("records")[:-1]:
        due = int(draw.choice([0, 0, 1, 2, 5, 20]))
        answered = int(draw.integers(0, due + 1))
        new = {"due": due, "answered": answered, "improved": int(draw.integers(0, answered + 1))}
        rows.append(row | {name: row[name] + number for name, number in new.items()})
    network = {name: sum(row[name] for row in rows) for name in ("due", "answered", "improved")}
    return pd.DataFrame([*rows, {"clinic_code": "network"} | network])


@pytest.mark.parametrize("profile", PROFILES[:3], ids=lambda one: one.name)
@pytest.mark.ci
def test_two_periods_one_after_the_other_tell_no_small_count_to_the_unit(profile: Profile) -> None:
    """The reader knows that counts never fall from one period to the next."""
    for seed in range(40):
        earlier = clinics(seed)
        known = attack({"week 1": (earlier, CLINICS), "week 2": (grown(earlier, seed), CLINICS)}, profile)
        known.never_falls("week 1", "week 2")
        assert all(low < high for low, high in known.narrowed().values()), seed


NOT_ADDED_UP = {
    "natural_course": "at least 20 at risk; the network's course is estimated on its own",
    "prognosis_performance": "a clinic is judged by the model of the others: another set of episodes",
    "clinic_courses": "at least 20, or refused; the network's is estimated on its own",
    "case_mix": "at least 20, and 8 on both sides, or refused",
}
"""Tables of clinics whose counts are not parts of the network's, and why nothing small can be had from them."""


def test_every_count_by_clinic_says_that_the_clinics_add_up_to_the_network() -> None:
    """What is not declared is not protected: a new table is declared, or says here why it need not be."""
    undeclared = [
        file.name
        for file in sql_files("report")
        if "clinic_code" in file.key
        and declared(file).columns
        and not any(total.column == "clinic_code" for total in declared(file).totals)
    ]
    assert sorted(set(undeclared) - NOT_ADDED_UP.keys()) == []
