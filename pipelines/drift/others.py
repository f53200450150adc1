"""A clinic whose answers are unlike those of all the others: reported, never held, since clinics differ.

It is the only look at outcomes that were changed from a clinic's first delivery on, which its own history cannot show (R-S8).
"""

from collections.abc import Mapping
from dataclasses import replace

import duckdb

from pipelines.drift.evidence import EMPTY, Finding, Profile
from pipelines.drift.histograms import FIELDS, is_number
from pipelines.drift.history import Window
from pipelines.drift.likeness import shift

UNLIKE_SIZE = 0.2
"""Least shift against the other clinics: 0.7 standard deviations, two points of pain, the change that a patient notices."""

UNLIKE_Z = 4.0
"""Standard errors that it must have (R-S8: |z| > 4)."""

FEWEST_OTHERS = 2
"""Other clinics that there must be."""

FEWEST_ANSWERS = 30
"""Answers of the clinic, and of the others, that it needs."""

_SCORES = [
    name for (feed, name), field in FIELDS.items() if feed == "outcome" and is_number(field) and "Y" in field.roles
]

Members = Mapping[str, tuple[tuple[str, str], ...]]
"""By clinic the (delivery_key, reference) that make up its view; the first one counts with all its values."""


def unlike_others(con: duckdb.DuckDBPyConnection, members: Members) -> dict[str, list[Finding]]:
    """By clinic the outcome scores that lie elsewhere than those of all other clinics together."""
    by_clinic = {clinic: _values(con, places) for clinic, places in members.items() if places}
    if len(by_clinic) <= FEWEST_OTHERS:
        return {}
    total: dict[tuple[str, str], Profile] = {}
    for values in by_clinic.values():
        for place, profile in values.items():
            total[place] = total.get(place, EMPTY) + profile
    found: dict[str, list[Finding]] = {}
    for clinic, values in by_clinic.items():
        for name in _SCORES:
            now = {stratum: profile for (field, stratum), profile in values.items() if field == name}
            others = {stratum: total[name, stratum] - profile for stratum, profile in now.items()}
            finding = _unlike(Window("outcome", name, others, now))
            if finding:
                found.setdefault(clinic, []).append(finding)
    return found


def _unlike(window: Window) -> Finding | None:
    if min(window.all_before.n_units, window.all_now.n_units) < FEWEST_ANSWERS:
        return None
    moved = shift(window.samples)
    if abs(moved.size) < UNLIKE_SIZE or abs(moved.z) <= UNLIKE_Z:
        return None
    direction = "higher" if moved.size > 0 else "lower"
    n_given = window.all_now.n_given
    remedy = (
        f"{n_given} values are much {direction} than those of the other clinics at the same time points. "
        "Are its patients others, or its questionnaires? Ask the clinic"
    )
    return Finding("unlike_other_clinics", "outcome", window.name, False, n_given, n_given, abs(moved.size), remedy)


def _values(con: duckdb.DuckDBPyConnection, places: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], Profile]:
    first, *later = places
    wanted = [(first[0], ""), *later]
    rows = con.execute(
        "select field, stratum, n_given, n_outside, n_units, histogram from raw.profile as found "
        "semi join (select unnest($keys) as delivery_key, unnest($references) as reference) as wanted "
        "on found.delivery_key = wanted.delivery_key and found.reference = wanted.reference "
        "where feed = 'outcome' and list_contains($scores, field)",
        {"keys": [key for key, _ in wanted], "references": [reference for _, reference in wanted], "scores": _SCORES},
    ).fetchall()
    values: dict[tuple[str, str], Profile] = {}
    for name, stratum, n_given, n_outside, n_units, histogram in rows:
        own = replace(EMPTY, n_given=n_given, n_outside=n_outside, n_units=n_units, histogram=histogram)
        values[name, stratum] = values.get((name, stratum), EMPTY) + own
    return values
