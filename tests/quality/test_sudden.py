"""The alarm for a sudden change: quiet on histories where nothing happened, awake when something did."""

import numpy as np
import pytest

from pipelines.quality.sudden import FEWEST_NIGHTS, MOST_NIGHTS, Numbers, sudden_changes

HISTORIES = 200
NIGHTS = 34
KINDS = (
    "one share",
    "a share for each night",
    "a share that wanders",
    "mostly the records of the night before",
    "outliers",
)
SIZES = [(60, 0.1), (400, 0.05), (6000, 0.01), (6000, 0.2)]


def null_history(kind: str, rows: int, share: float, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Rows broken and checked of HISTORIES series in which nothing happens, series by nights."""
    shape = (HISTORIES, NIGHTS)
    checked = rng.poisson(rows, shape) + 1.0
    logit = np.log(share / (1 - share))
    match kind:
        case "one share":
            shares = np.full(shape, share)
        case "a share for each night":
            shares = 1 / (1 + np.exp(-(logit + 0.3 * rng.normal(size=shape))))
        case "a share that wanders":
            shares = 1 / (1 + np.exp(-(logit + 0.1 * np.cumsum(rng.normal(size=shape), axis=1))))
        case "outliers":
            shares = 1 / (1 + np.exp(-(logit + 0.2 * rng.standard_t(3, size=shape))))
        case _:
            new = rng.poisson(rows / 100, shape) + 1
            broken = rng.binomial(rows, share, (HISTORIES, 1)) + np.cumsum(rng.binomial(new, share), axis=1)
            return broken.astype(float), rows + np.cumsum(new, axis=1).astype(float)
    return rng.binomial(checked.astype(int), shares).astype(float), checked


def alarms(broken: Numbers, checked: Numbers, night: int) -> np.ndarray:
    first = max(0, night - MOST_NIGHTS)
    return sudden_changes(broken[:, first : night + 1], checked[:, first : night + 1]).direction


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "share"), SIZES)
def test_false_alarms_are_at_most_2_in_100_check_nights(kind: str, rows: int, share: float) -> None:
    """Requirement: at most 2 % false alarms a check-night over 200 null histories (as R-F8 asks of drift)."""
    rng = np.random.default_rng([len(kind), rows, int(100 * share)])
    broken, checked = null_history(kind, rows, share, rng)
    told = np.array([alarms(broken, checked, night) for night in range(FEWEST_NIGHTS, NIGHTS)])
    assert (told != 0).mean() <= 0.02


@pytest.mark.parametrize("kind", ["one share", "mostly the records of the night before"])
def test_a_jump_is_found_on_its_night_and_told_once(kind: str) -> None:
    rng = np.random.default_rng(1)
    broken, checked = null_history(kind, 6000, 0.02, rng)
    broken[:, 20:] += np.round(0.05 * checked[:, 20:])
    assert (alarms(broken, checked, 20) == 1).all()
    assert (alarms(broken, checked, 21) != 0).mean() <= 0.02
    assert (alarms(checked - broken, checked, 20) == -1).all()


def test_an_earlier_jump_does_not_hide_the_next() -> None:
    rng = np.random.default_rng(2)
    broken, checked = null_history("one share", 6000, 0.02, rng)
    for night in (14, 25):
        broken[:, night:] += np.round(0.05 * checked[:, night:])
    assert (alarms(broken, checked, 14) == 1).all()
    assert (alarms(broken, checked, 25) == 1).all()


def test_a_night_that_returns_to_the_usual_is_not_told() -> None:
    rng = np.random.default_rng(3)
    broken, checked = null_history("one share", 6000, 0.02, rng)
    broken[:, 20] += np.round(0.3 * checked[:, 20])
    assert (alarms(broken, checked, 20) == 1).all()
    assert (alarms(broken, checked, 21) != 0).mean() <= 0.02


def test_a_change_of_less_than_one_percentage_point_is_not_worth_telling() -> None:
    broken, checked = np.full((1, 20), 10.0), np.full((1, 20), 100_000.0)
    broken[:, -1] = 900
    assert sudden_changes(broken, checked).direction.tolist() == [0]
    broken[:, -1] = 1100
    assert sudden_changes(broken, checked).direction.tolist() == [1]


def test_fewer_than_8_earlier_nights_say_nothing() -> None:
    broken, checked = np.full((1, FEWEST_NIGHTS + 1), 5.0), np.full((1, FEWEST_NIGHTS + 1), 1000.0)
    broken[:, -1] = 900
    assert sudden_changes(broken, checked).direction.tolist() == [1]
    broken[:, 0], checked[:, 0] = np.nan, np.nan
    known = sudden_changes(broken, checked)
    assert known.direction.tolist() == [0]
    assert np.isnan(known.usual_percent).all()


def test_tonight_without_rows_is_no_change() -> None:
    broken, checked = np.full((1, 20), 5.0), np.full((1, 20), 1000.0)
    broken[:, -1], checked[:, -1] = np.nan, np.nan
    assert sudden_changes(broken, checked).direction.tolist() == [0]
