"""Episodes of care where a source has none."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.exporting.episodes import LONGEST_GAP_DAYS, Event, split

DAY_0 = date(2024, 1, 1)


def _contact(day: int, patient: str = "p") -> Event:
    return Event(patient, DAY_0 + timedelta(day), f"s{day}", None, None)


def _complaint(day: int, regions: str | None = None, side: str | None = None) -> Event:
    return Event("p", DAY_0 + timedelta(day), None, regions, side)


def _numbers(*events: Event) -> list[int]:
    in_order = sorted(events, key=lambda event: (event.patient_key, event.on_day, event.session_key is not None))
    return [part.episode_no for part in split(in_order)]


def test_contacts_up_to_90_days_apart_are_one_episode() -> None:
    assert _numbers(_contact(0), _contact(90), _contact(180)) == [0, 0, 0]


def test_after_more_than_90_days_without_contact_a_new_one_begins() -> None:
    assert _numbers(_contact(0), _contact(91), _contact(100)) == [0, 1, 1]


def test_a_new_region_begins_a_new_episode() -> None:
    assert _numbers(_complaint(0, "low_back"), _contact(0), _complaint(30, "foot"), _contact(30)) == [0, 1]


def test_a_region_that_overlaps_does_not() -> None:
    assert _numbers(_complaint(0, "low_back"), _contact(0), _complaint(30, "low_back;thigh"), _contact(30)) == [0, 0]


def test_complaints_of_one_day_are_taken_together() -> None:
    events = (_complaint(0, "low_back"), _complaint(0, "thigh"), _contact(0), _complaint(9, "thigh"), _contact(9))
    assert _numbers(*events) == [0, 0]


def test_a_new_side_begins_a_new_episode_but_not_a_side_that_is_unknown_or_both() -> None:
    left, right, both = (_complaint(day, side=side) for day, side in ((0, "left"), (20, "right"), (20, "bilateral")))
    assert _numbers(left, _contact(0), right, _contact(20)) == [0, 1]
    assert _numbers(left, _contact(0), both, _contact(20)) == [0, 0]


def test_the_next_patient_begins_anew() -> None:
    assert _numbers(_contact(0, "a"), _contact(100, "a"), _contact(100, "b")) == [0, 1, 0]


@given(st.lists(st.integers(0, 900), min_size=1, max_size=20, unique=True))
def test_within_an_episode_no_gap_is_longer_than_the_longest_and_between_two_every_one_is(days: list[int]) -> None:
    days = sorted(days)
    numbers = _numbers(*(_contact(day) for day in days))
    for before, after, number_before, number_after in zip(days, days[1:], numbers, numbers[1:], strict=False):
        assert (after - before > LONGEST_GAP_DAYS) is (number_after > number_before)
