"""Questionnaires from their items: known scores, and what the published rules make of missing ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.exporting.scoring import (
    INSTRUMENTS,
    fabq_pa,
    fabq_work,
    odi_items_answered,
    odi_percent,
    psfs_mean,
    rmdq24,
    slanss,
    start_psych,
    start_risk,
    start_total,
)


def test_the_worked_example_of_the_oswestry_index() -> None:
    assert odi_percent([2, 2, 2, 2, 2, 2, 2, 2, 0, 0]) == 32.0  # 16 of 50
    assert odi_percent([2, 2, 2, 2, 2, 2, 2, 2, 0, None]) == 35.6  # 16 of 45


def test_the_oswestry_index_needs_eight_sections() -> None:
    assert odi_percent([5] * 8 + [None] * 2) == 100.0
    assert odi_percent([5] * 7 + [None] * 3) is None
    assert odi_items_answered([5] * 7 + [None] * 3) == 7


def test_roland_morris_counts_what_applies_and_guesses_nothing() -> None:
    assert rmdq24([1] * 14 + [0] * 10) == 14
    assert rmdq24([1] * 14 + [0] * 9 + [None]) is None


@pytest.mark.parametrize(
    ("items", "total", "psych", "risk"),
    [
        ([1, 1, 1, 0, 0, 0, 0, 0, 0], 3, 0, "low"),
        ([1, 1, 1, 1, 0, 0, 0, 0, 0], 4, 0, "medium"),
        ([0, 0, 0, 0, 1, 1, 1, 1, 0], 4, 4, "high"),
        ([1, 1, 1, 1, 1, 1, 1, 0, 0], 7, 3, "medium"),
        ([1] * 9, 9, 5, "high"),
        ([0, 0, None, 0, 0, 0, 0, 0, 0], None, 0, "low"),
        ([1, 1, None, 1, 0, 0, 0, 0, 0], None, 0, None),
        ([1, 1, 1, 1, 1, 1, 1, 1, None], None, None, "high"),
        ([1, 1, 1, 1, 1, 1, None, 0, 0], None, None, "medium"),
    ],
)
def test_start_back_is_scored_as_keele_says(items: list[int | None], total: int, psych: int, risk: str) -> None:
    assert (start_total(items), start_psych(items), start_risk(items)) == (total, psych, risk)


def test_fear_avoidance_adds_its_own_items_only() -> None:
    only_work = [6 if number in (6, 7, 9, 10, 11, 12, 15) else 0 for number in range(1, 17)]
    only_physical = [6 if number in (2, 3, 4, 5) else 0 for number in range(1, 17)]
    assert (fabq_work(only_work), fabq_pa(only_work)) == (42, 0)
    assert (fabq_work(only_physical), fabq_pa(only_physical)) == (0, 24)


def test_a_missing_item_of_one_part_of_fear_avoidance_leaves_the_other() -> None:
    items: list[int | None] = [3] * 16
    items[1] = None
    assert (fabq_work(items), fabq_pa(items)) == (21, None)
    items[0] = None  # of neither part
    assert fabq_work(items) == 21


def test_the_patient_specific_scale_is_the_mean_of_what_was_scored() -> None:
    assert psfs_mean([4, 5, 6]) == 5.0
    assert psfs_mean([4, None, 5]) == 4.5
    assert psfs_mean([None, None]) is None
    assert psfs_mean([1, 0, 0]) == 0.33


def test_s_lanss_is_weighted_and_24_at_most() -> None:
    assert slanss([1] * 7) == 24
    assert [slanss([int(place == number) for place in range(7)]) for number in range(7)] == [5, 5, 3, 2, 1, 5, 3]
    assert slanss([1, 1, 1, 1, 1, 1, None]) is None


@pytest.mark.parametrize("name", sorted(INSTRUMENTS))
def test_an_item_out_of_range_or_too_few_of_them_are_no_answer(name: str) -> None:
    instrument = INSTRUMENTS[name]
    n_items = instrument.n_items or 3
    with pytest.raises(ValueError, match="out of"):
        instrument.score([11] + [0] * (n_items - 1))
    with pytest.raises(ValueError, match=r"items|activities"):
        instrument.score([0] * (n_items + 4))


@given(st.lists(st.one_of(st.none(), st.integers(0, 1)), min_size=9, max_size=9))
def test_no_answer_to_a_missing_item_changes_a_start_group_that_was_said(items: list[int | None]) -> None:
    said = start_risk(items)
    if said is not None:
        for filled in (0, 1):
            assert start_risk([filled if item is None else item for item in items]) == said
