"""One clinic or practitioner left out: the same as the estimate without its episodes, and told when it turns the verdict."""

import numpy as np
import pytest

from pipelines.causal.inference import mean_over_repeats
from pipelines.robustness.codes import verdict
from pipelines.robustness.influence import influence_row, leave_one_out
from tests.robustness.worlds import PAIR, scored


def test_leaving_a_unit_out_is_the_estimate_of_the_others():
    generator = np.random.default_rng(1)
    practitioner = generator.integers(0, 15, 400)
    clinic = practitioner % 4
    scores = generator.normal(size=(3, 400)) + generator.normal(size=15)[practitioner] + 1000
    for unit in (clinic, practitioner):
        found = leave_one_out(scores, practitioner, unit)
        for code, one in enumerate(found):
            expected = mean_over_repeats(scores[:, unit != code], practitioner[unit != code].astype(object))
            assert one.estimate == pytest.approx(expected.estimate, abs=1e-9)
            assert one.interval() == pytest.approx(expected.interval(), abs=1e-8)
            assert (one.n, one.n_practitioners) == (expected.n, expected.n_practitioners)


def test_the_practitioner_that_moves_the_estimate_most_is_named_in_the_warehouse():
    generator = np.random.default_rng(6)
    practitioner, arm = np.repeat(np.arange(20), 30), np.tile([0, 1], 300)
    y = generator.normal(0, 0.5, 600) + 0.2 * arm + 0.8 * arm * (practitioner == 19)
    row = influence_row(scored(y, arm, practitioner=practitioner), PAIR, "practitioner", practitioner.astype(object))
    assert row["lowest"] <= row["estimate"] <= row["highest"]
    assert row["without_lowest"] == "19"
    assert row["share_of_most_influential"] == pytest.approx(0.05)
    assert row["largest_shift_se"] > 0.5


def test_a_verdict_that_hangs_on_one_clinic_is_said_to():
    generator = np.random.default_rng(2)
    clinic = np.repeat(np.arange(5), 120)
    practitioner = np.repeat(np.arange(60), 10)
    arm = np.tile([0, 1], 300)
    y = generator.normal(0, 1, 600) + 2.0 * arm * (clinic == 4)
    row = influence_row(scored(y, arm, practitioner=practitioner), PAIR, "clinic", clinic.astype(object))
    assert row["verdict"] == "better"
    assert row["is_verdict_changed"]
    assert row["turning_unit"] == "4"
    assert row["verdict_without"] == "none shown"


def test_a_single_clinic_cannot_be_left_out():
    one = scored([0.0, 1.0] * 40, [0, 1] * 40)
    assert influence_row(one, PAIR, "clinic", np.full(80, "c1", dtype=object)) is None


@pytest.mark.parametrize(
    ("interval", "said"),
    [((0.1, 0.2), "better"), ((-0.2, -0.1), "worse"), ((-0.1, 0.1), "none shown"), ((0.0, 1.0), "none shown")],
)
def test_a_verdict_is_the_side_of_none_that_an_interval_lies_on(interval, said):
    assert verdict(*interval) == said
