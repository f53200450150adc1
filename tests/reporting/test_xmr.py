"""Usual variation or a real change: the XmR rules on known series, and how often they are wrong."""

import numpy as np
import pytest

from pipelines.reporting.shares import Share
from pipelines.reporting.xmr import FALSE_ALARM_SHARE, Change, PeriodShare, judged_change


def series(*percents: int | None, whole: int = 100) -> list[PeriodShare]:
    return [
        PeriodShare(
            period=f"{2024 + at // 4}-Q{1 + at % 4}",
            share=Share(whole=whole)
            if percent is None
            else Share(whole=whole, percent=percent, lower=0, upper=100, words=f"{percent} %"),
        )
        for at, percent in enumerate(percents)
    ]


STEADY = (50, 54, 49, 53, 50, 55, 51, 52)


def test_a_latest_period_inside_its_own_limits_is_usual_variation() -> None:
    change = judged_change(series(*STEADY, 54), "up")
    assert (change.verdict, change.way, change.n_periods) == ("usual variation", "", 9)
    assert change.lower is not None
    assert change.upper is not None
    assert change.lower < 50 < change.upper


def test_two_points_that_differ_are_no_change() -> None:
    assert judged_change(series(40, 60), "up").verdict == "cannot tell"


def test_the_limits_are_the_mean_and_2_66_moving_ranges_of_the_earlier_periods() -> None:
    change = judged_change(series(50, 52, 50, 52, 50, 52, 50, 52, 51), "up")
    assert (change.mean, change.lower, change.upper) == (51.0, 45.7, 56.3)


@pytest.mark.parametrize(
    ("latest", "direction", "way"),
    [(80, "up", "better"), (20, "up", "worse"), (80, "down", "worse"), (20, "down", "better"), (80, "info", "up")],
)
def test_a_latest_period_outside_the_limits_is_a_real_change_and_its_way_depends_on_the_indicator(
    latest: int, direction: str, way: str
) -> None:
    change = judged_change(series(*STEADY, latest), direction)
    assert (change.verdict, change.way) == ("a real change", way)
    assert change.reason == "the latest period is outside its limits"


def test_seven_in_a_row_on_one_side_are_a_real_change_though_each_is_inside() -> None:
    change = judged_change(series(52, 40, 52, 41, 53, 50, 50, 50, 50, 50, 50, 50), "up")
    assert change.reason == "seven periods in a row on one side of the mean"


def test_seven_rising_are_a_real_change() -> None:
    change = judged_change(series(30, 60, 30, 60, 41, 42, 43, 44, 45, 46, 47), "up")
    assert (change.way, change.reason) == ("better", "seven periods in a row in one direction")


def test_periods_that_are_withheld_or_of_fewer_than_twenty_do_not_count() -> None:
    withheld = judged_change(series(*STEADY[:7], None, None, 52), "up")
    assert (withheld.verdict, withheld.n_periods) == ("usual variation", 8)
    assert judged_change(series(*STEADY, 90, whole=15), "up").reason == "0 of the 8 periods that it takes can be shown"


def test_limits_never_leave_0_to_100() -> None:
    change = judged_change(series(2, 9, 1, 8, 2, 9, 1, 8, 2), "down")
    assert change.lower == 0.0


def test_limits_that_do_not_hold_their_mean_are_refused() -> None:
    with pytest.raises(ValueError, match="do not hold the mean"):
        Change(verdict="usual variation", reason="", n_periods=9, mean=50.0, lower=51.0, upper=60.0)


@pytest.mark.parametrize("n_periods", [8, 12, 16])
def test_the_share_of_false_alarms_is_as_said(n_periods: int) -> None:
    """Shares of 200 that only vary: between 1 and 5 in 100 series are called a change, said as 3."""
    rng = np.random.default_rng(20261130 + n_periods)
    called = [
        judged_change(series(*rng.binomial(200, 0.6, n_periods) // 2, whole=200), "up").verdict == "a real change"
        for _ in range(400)
    ]
    assert 0.005 <= np.mean(called) <= 0.06
    assert FALSE_ALARM_SHARE == 0.03
