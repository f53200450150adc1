import numpy as np
import pandas as pd
import pytest

from pipelines.causal.survival import cumulative_incidence, natural_course
from pipelines.causal.tables import NATURAL_COURSE_COLUMNS


def test_cumulative_incidence_is_the_one_worked_out_by_hand():
    curve = cumulative_incidence([1, 2, 3, 4, 5, 6], [1, 2, 0, 1, 0, 1])
    # Alive before each time: 1, 5/6, 4/6, 4/6, 4/9, 4/9; at risk 6, 5, 4, 3, 2, 1.
    assert curve.incidence == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 6 + 2 / 9, 7 / 18, 7 / 18 + 4 / 9])
    assert curve.competing == pytest.approx([0, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6])
    assert curve.at_risk.tolist() == [6, 5, 4, 3, 2, 1]
    assert curve.median == 6
    # Without censoring before time 2 the incidence is a binomial share, and so is its variance.
    assert curve.variance[:2] == pytest.approx([5 / 36 / 6, 5 / 36 / 6])


def test_without_a_competing_event_it_is_kaplan_meier_with_greenwood():
    generator = np.random.default_rng(1)
    time, event = generator.integers(1, 30, 200), (generator.random(200) < 0.7).astype(int)
    curve = cumulative_incidence(time, event)
    survival, greenwood = 1.0, 0.0
    for step, t in enumerate(curve.time):
        d, n = ((time == t) & (event == 1)).sum(), (time >= t).sum()
        survival *= 1 - d / n
        greenwood += d / (n * (n - d)) if n > d else 0.0
        assert curve.incidence[step] == pytest.approx(1 - survival)
        if n > d:
            assert curve.variance[step] == pytest.approx(survival**2 * greenwood)


def test_with_a_competing_event_the_variance_agrees_with_simulation():
    generator = np.random.default_rng(2)

    def draw(size):
        first, other, lost = (generator.exponential(scale, size) for scale in (10, 20, 30))
        time = np.minimum(np.minimum(first, other), lost)
        return time, np.where(time == first, 1, np.where(time == other, 2, 0))

    estimates = np.array([cumulative_incidence(*draw(150)).at(8.0) for _ in range(300)])
    truth = (1 / 10) / (1 / 10 + 1 / 20) * (1 - np.exp(-8 * 0.15))
    assert estimates[:, 0].mean() == pytest.approx(truth, abs=0.01)
    covered = (estimates[:, 1] <= truth) & (truth <= estimates[:, 2])
    assert 0.91 <= covered.mean() <= 0.985


def test_a_competing_event_lowers_the_incidence_that_one_minus_kaplan_meier_would_claim():
    time, event = np.arange(1, 101), np.tile([1, 2], 50)
    honest = cumulative_incidence(time, event).incidence[-1]
    naive = cumulative_incidence(time, np.where(event == 2, 0, event)).incidence[-1]
    assert honest == pytest.approx(0.5)
    assert naive > 0.9


def test_the_interval_stays_inside_zero_and_one_and_the_median_may_not_be_reached():
    curve = cumulative_incidence([1, 2, 3, 4], [1, 0, 0, 0])
    assert ((curve.lower >= 0) & (curve.upper <= 1) & (curve.lower <= curve.upper)).all()
    assert np.isnan(curve.median)
    assert curve.at(0.5) == (0.0, 0.0, 0.0)
    empty = cumulative_incidence([], [])
    assert len(empty.time) == 0
    assert np.isnan(empty.median)


def test_impossible_input_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="not negative"):
        cumulative_incidence([-1.0], [1])
    with pytest.raises(ValueError, match="0, 1 or 2"):
        cumulative_incidence([1.0], [7])


def test_natural_course_has_the_network_and_clinics_that_are_large_enough():
    frame = pd.DataFrame(
        {
            "clinic_code": ["a"] * 30 + ["b"] * 5,
            "event": ["improved", "stepped_up", "censored", "improved", "improved"] * 7,
            "event_day": [7, 14, 21, 28, 35] * 7,
        }
    )
    course = natural_course(frame)
    assert list(course) == list(NATURAL_COURSE_COLUMNS)
    assert set(course["clinic_code"]) == {"network", "a"}
    assert course["n_at_risk"].max() == 35
    assert natural_course(frame.iloc[:0])["day"].empty
