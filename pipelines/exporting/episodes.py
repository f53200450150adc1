"""Episodes of care where the source has none: new after 90 days without contact, or with a new region or side (the contract)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple

LONGEST_GAP_DAYS = 90
"""Days without an attended contact after which the next one begins a new episode (contract, grain of intake)."""


class Event(NamedTuple):
    """An attended contact (`session_key` given), or a complaint that was recorded (its regions joined by ';', and its side)."""

    patient_key: str
    on_day: date
    session_key: str | None
    regions: str | None
    side: str | None


class Part(NamedTuple):
    """An attended contact with the number of the episode, within its patient, that it belongs to."""

    patient_key: str
    episode_no: int
    session_key: str
    on_day: date


@dataclass
class _Course:
    """The episode that a patient is in."""

    number: int = 0
    last_contact: date | None = None
    regions: frozenset[str] = frozenset()
    side: str | None = None

    def begin_anew(self) -> None:
        self.number += 1
        self.last_contact, self.regions, self.side = None, frozenset(), None


def split(events: Iterable[Event]) -> Iterator[Part]:
    """Every attended contact with its episode; `events` in order of patient, day, and complaints before contacts.

    Complaints of one day are taken together. A complaint is new when none of its regions was complained of in the episode, or
    when the side is known, has changed from left to right or back, and neither is said to be both.
    """
    for patient_key, of_patient in groupby(events, key=lambda event: event.patient_key):
        course = _Course()
        for day, of_day in groupby(of_patient, key=lambda event: event.on_day):
            today = list(of_day)
            if course.last_contact is not None and (day - course.last_contact).days > LONGEST_GAP_DAYS:
                course.begin_anew()
            _complain(course, [event for event in today if event.session_key is None])
            for event in today:
                if event.session_key is not None:
                    course.last_contact = day
                    yield Part(patient_key, course.number, event.session_key, day)


def _complain(course: _Course, complaints: list[Event]) -> None:
    regions = frozenset(one for event in complaints for one in (event.regions or "").split(";") if one)
    sides = {event.side for event in complaints if event.side in ("left", "right")}
    side = sides.pop() if len(sides) == 1 else None
    is_new_region = bool(regions and course.regions and not regions & course.regions)
    is_new_side = bool(side and course.side and side != course.side)
    if is_new_region or is_new_side:
        course.begin_anew()
    course.regions |= regions
    course.side = side or course.side
