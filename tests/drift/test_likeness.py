"""Whether two histograms are alike, two fields go together, a ratio is that of two units, a clinic is unlike all others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm

from pipelines.drift.likeness import Sample, Sums, shift, stability_index
from pipelines.drift.units import unit_words
from tests.drift.damage import POISON
from tests.drift.nights import simulated_group


@given(st.lists(st.integers(0, 10), min_size=20, max_size=60), st.integers(1, 3))
def test_a_shift_is_seen_the_same_from_both_sides(values: list[int], times: int) -> None:
    counts = np.bincount(values, minlength=11).astype(float)
    other = np.roll(counts, 1) * times
    one = shift([Sample(counts, other, len(values), len(values))])
    back = shift([Sample(other, counts, len(values), len(values))])
    assert one.size == pytest.approx(-back.size)
    assert one.z == pytest.approx(-back.z)
    assert shift([Sample(counts, counts * times, 30, 30)]).size == pytest.approx(0)


def test_a_shift_has_the_standard_errors_of_a_rank_test() -> None:
    rng = np.random.default_rng(3)
    before, now = rng.integers(0, 11, 400), np.minimum(10, rng.integers(0, 11, 80) + 1)
    sample = Sample(*(np.bincount(x, minlength=11).astype(float) for x in (before, now)), 400, 80)
    result = mannwhitneyu(now, before, use_continuity=False, method="asymptotic")
    assert shift([sample]).size == pytest.approx(result.statistic / (400 * 80) - 0.5)
    assert 2 * norm.sf(abs(shift([sample]).z)) == pytest.approx(result.pvalue, rel=0.05)


def test_the_stability_index_is_that_of_the_book_but_for_chance() -> None:
    before, now = np.array([500.0, 300, 200]), np.array([200.0, 300, 500])
    index = stability_index([Sample(before, now, 1000, 1000)], is_ordered=False)
    expected = sum((b - a) * np.log(b / a) for a, b in ((0.5, 0.2), (0.3, 0.3), (0.2, 0.5)))
    assert index == pytest.approx(expected - 2 * (1 / 1000 + 1 / 1000))
    swapped = [Sample(np.array([2.0, 98]), np.array([98.0, 2]), 100, 100)]
    assert stability_index(swapped, is_ordered=False) > 1


def test_another_mix_of_time_points_is_no_other_distribution() -> None:
    early, late = np.array([0.0, 10, 90]), np.array([90.0, 10, 0])
    mixed = [Sample(early * 9, early, 900, 100), Sample(late, late * 9, 100, 900)]
    assert abs(stability_index(mixed, is_ordered=True)) < 0.05
    assert abs(shift(mixed).size) < 1e-9


def test_several_answers_of_one_patient_count_as_one() -> None:
    before, now = np.array([60.0, 30, 10]), np.array([10.0, 30, 60])
    alone, repeated = (shift([Sample(before, now, 100, n)]) for n in (100, 25))
    assert alone.size == repeated.size
    assert alone.z > repeated.z > 0
    sums = Sums(n=40, n_owners=4, x=40, y=40, xx=80, yy=80, xy=0)
    assert sums.correlation < 0
    assert sums.z_of(0.0) == 0, "four patients say nothing"


def test_sums_of_two_deliveries_give_the_correlation_of_all_rows() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=50), rng.normal(size=50)

    def sums(part: slice) -> Sums:
        a, b = x[part], y[part]
        return Sums(len(a), len(a), a.sum(), b.sum(), (a * a).sum(), (b * b).sum(), (a * b).sum())

    assert (sums(slice(0, 20)) + sums(slice(20, 50))).correlation == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert Sums(n=5, n_owners=5, x=10, y=3, xx=20, yy=4, xy=6).correlation == 0, "a constant goes with nothing"


@pytest.mark.parametrize(
    ("feed", "name", "before", "now", "words"),
    [
        ("outcome", "nprs_back_avg", 4.1, 40.0, "looks like 0-100 instead of 0-10"),
        ("intake", "episode_duration_days", 210.0, 31.0, "looks like weeks instead of days"),
        ("intake", "episode_duration_days", 210.0, 6.9, "looks like months instead of days"),
        ("exam", "rom_flexion", 50.0, 19.6, "looks like inches instead of centimetres"),
        ("outcome", "odi_pct", 31.0, 0.31, "looks like fractions instead of percent"),
        ("outcome", "odi_pct", 31.0, 15.2, "looks like points of 50 instead of percent"),
        ("intake", "episode_duration_days", 210.0, 100.0, ""),
        ("outcome", "groc", -1.0, 3.0, ""),
        ("intake", "bmi", None, 27.0, ""),
    ],
)
def test_a_ratio_of_means_near_a_known_factor_names_the_units(
    feed: str, name: str, before: float | None, now: float, words: str
) -> None:
    assert unit_words(feed, name, before, now) == words


@pytest.mark.ci
def test_a_clinic_poisoned_from_its_first_delivery_on_is_reported_as_unlike_the_others() -> None:
    """R-S8: its own history cannot show it. Three points worse contradict the patients' own ratings, and hold."""
    with simulated_group(600, 4, "uniform", 8) as group:
        first, *others = group.clinics
        for clinic in others:
            group.send(clinic, 0)
        better = group.send(first, 0, damage=POISON["3 points better"])
        group.judge()
        assert ("unlike_other_clinics", "outcome", "nprs_back_avg", False) in group.drift(better)
        assert not any(group.drift(one.delivery_key) for one in group.delivered[:-1])
        group.delivered.pop()
        worse = group.send(first, 0, damage=POISON["3 points worse"], key="worse")
        group.judge()
        assert ("contradicting_answers", "outcome", "nprs_back_avg", True) in group.drift(worse)
