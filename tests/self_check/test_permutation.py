import numpy as np
import pandas as pd
import pytest

from pipelines.self_check.permutation import permutation_rows, permuted_within
from pipelines.self_check.sample import Sample
from tests.self_check.worlds import SMALL, clinic, knowing_the_outcome, sample_in


@pytest.fixture(scope="module")
def sample() -> Sample:
    return sample_in(clinic(600, 1))


def test_permuted_values_stay_with_their_group() -> None:
    generator = np.random.default_rng(1)
    group, values = generator.integers(0, 7, 300), generator.integers(0, 2, 300)
    permuted = permuted_within(group, values, generator)
    for k in range(7):
        assert sorted(permuted[group == k]) == sorted(values[group == k])
    assert (permuted != values).mean() > 0.2


def test_with_treatment_permuted_there_is_no_effect_and_with_the_outcome_permuted_nothing_tells_it(
    sample: Sample,
) -> None:
    rows = pd.DataFrame(permutation_rows(sample, SMALL, seed=1))
    assert list(rows["permuted"]) == ["treatment", "outcome"]
    assert rows["is_passed"].all()
    assert rows.loc[1, "value"] == pytest.approx(0.5, abs=0.06)


def test_a_model_that_sees_the_outcome_is_caught_by_permuting_it(sample: Sample) -> None:
    rows = pd.DataFrame(permutation_rows(sample, SMALL, estimate=knowing_the_outcome, seed=1)).set_index("permuted")
    assert rows.loc["outcome", "value"] > 0.9
    assert not rows.loc["outcome", "is_passed"]
