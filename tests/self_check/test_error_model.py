import numpy as np
import pytest

from pipelines.self_check.error_model import fit_error_model


def covered(controls: int, sets: int, *, is_calibrated: bool) -> float:
    """Share of 95 % intervals that hold the truth when every estimate is off by a draw of N(0.25, 0.15 squared)."""
    generator = np.random.default_rng(5)
    held = []
    for _ in range(sets):
        errors = generator.uniform(0.05, 0.15, controls)
        estimates = generator.normal(0.25, 0.15, controls) + errors * generator.normal(size=controls)
        truth, error = 0.4, 0.1
        estimate = truth + generator.normal(0.25, 0.15) + error * generator.normal()
        lower, upper = estimate - 1.96 * error, estimate + 1.96 * error
        if is_calibrated:
            _, lower, upper = fit_error_model(estimates, errors).calibrate(estimate, error)
        held.append(lower <= truth <= upper)
    return float(np.mean(held))


@pytest.mark.parametrize(("controls", "low", "high"), [(8, 0.92, 0.99), (40, 0.92, 0.98)])
def test_calibration_restores_the_coverage_that_a_systematic_error_took(controls: int, low: float, high: float) -> None:
    """The setting of Schuemie and others 2018: a systematic error that differs from study to study about a mean that is not 0."""
    assert covered(controls, 300, is_calibrated=False) < 0.45
    assert low <= covered(controls, 300, is_calibrated=True) <= high


def test_without_systematic_error_many_controls_hardly_widen_the_interval() -> None:
    generator = np.random.default_rng(2)
    errors = np.full(60, 0.1)
    median, lower, upper = fit_error_model(0.1 * generator.normal(size=60), errors).calibrate(0.3, 0.1)
    assert median == pytest.approx(0.3, abs=0.05)
    assert upper - lower < 1.2 * 2 * 1.96 * 0.1


def test_few_controls_give_a_wider_interval_than_many_of_the_same_spread() -> None:
    few = np.array([0.1, 0.3, 0.2, 0.25, 0.15])
    widths = []
    for estimates in (few, np.tile(few, 8)):
        _, lower, upper = fit_error_model(estimates, np.full(len(estimates), 0.05)).calibrate(0.5, 0.1)
        widths.append(upper - lower)
    assert widths[0] > 1.1 * widths[1]


def test_fewer_than_five_controls_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 5 controls, found 4"):
        fit_error_model(np.zeros(4), np.ones(4))


def test_a_control_without_a_standard_error_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        fit_error_model(np.zeros(5), np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
