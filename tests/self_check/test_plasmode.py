from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.trial_design import in_silence
from pipelines.self_check.effort import FULL, NIGHTLY
from pipelines.self_check.plasmode import plasmode_rows
from pipelines.self_check.sample import Estimator, Sample, as_tonight
from pipelines.self_check.worlds import NONE, SUBGROUP, UNIFORM, draw_outcomes, known_world
from tests.self_check.worlds import SMALL, clinic, ignoring_who_was_treated, sample_in


def check(sample: Sample, seed: int, estimate: Estimator = as_tonight) -> pd.DataFrame:
    return pd.DataFrame(plasmode_rows(sample, SMALL, estimate=estimate, seed=seed, say=in_silence))


@pytest.fixture(scope="module")
def sample() -> Sample:
    return sample_in(clinic(600, 1))


def test_outcomes_with_a_known_effect_have_it_and_keep_who_answered(sample: Sample) -> None:
    for world, truth in ((NONE, 0.0), (UNIFORM, 0.1)):
        known = known_world(sample, world)
        assert known is not None
        assert known.effect(*sample.codes(sample.pairs[0])) == pytest.approx(truth, abs=0.02)
        y = draw_outcomes(sample, known, np.random.default_rng(1))
        assert (np.isfinite(y) == sample.known).all()
        assert set(np.unique(y[sample.known])) == {0.0, 1.0}


def test_in_the_subgroup_world_the_effect_is_in_the_group_only(sample: Sample) -> None:
    known = known_world(sample, SUBGROUP)
    assert known is not None
    treated, comparator = sample.codes(sample.pairs[0])
    gain = known.mean[:, treated] - known.mean[:, comparator]
    older = (sample.population.frame["age"] >= 52).to_numpy()
    assert gain[~older].max() == 0
    assert gain[older].mean() > 0.15


def test_the_nights_estimator_finds_known_effects_again(sample: Sample) -> None:
    rows = check(sample, 1)
    assert rows["is_passed"].all()
    assert set(rows["world"]) == {NONE, UNIFORM, SUBGROUP}
    assert rows["smallest_detectable"].between(0.08, 0.3).all()


def test_a_continuous_outcome_is_checked_too() -> None:
    assert check(sample_in(clinic(600, 2), outcome=1), 2)["is_passed"].all()


def test_an_estimator_that_ignores_who_was_treated_fails_and_the_reason_is_given(sample: Sample) -> None:
    rows = check(sample, 1, ignoring_who_was_treated)
    assert not rows["is_passed"].any()
    assert rows["reason"].str.startswith("The known effect was missed").all()
    assert (rows["bias"] < -0.1).all()


def test_the_same_seed_gives_the_same_rows(sample: Sample) -> None:
    few = replace(SMALL, replications=(3, 3, 3))
    rows = [pd.DataFrame(plasmode_rows(sample, few, seed=4, say=in_silence)) for _ in range(2)]
    pd.testing.assert_frame_equal(*rows)


def test_a_thinned_sample_says_what_all_episodes_could_detect(sample: Sample) -> None:
    few = replace(SMALL, replications=(4, 0, 0))
    whole, thin = (
        pd.DataFrame(plasmode_rows(sample, replace(few, most_episodes=most), seed=1, say=in_silence)).head(1)
        for most in (600, 300)
    )
    assert list(thin["n_episodes"]) == [300]
    assert thin["smallest_detectable"].mean() == pytest.approx(whole["smallest_detectable"].mean(), rel=0.25)


@pytest.mark.long
def test_the_right_estimator_passes_in_at_least_95_of_100_seeds_and_the_wrong_one_in_none() -> None:
    right, wrong = 0, 0
    for seed in range(100):
        one = sample_in(clinic(600, 1000 + seed))
        right += bool(pd.DataFrame(plasmode_rows(one, NIGHTLY, seed=seed, say=in_silence))["is_passed"].all())
        wrong += bool(check(one, seed, ignoring_who_was_treated)["is_passed"].all())
    assert right >= 95
    assert wrong == 0


@pytest.mark.ci
def test_the_full_check_makes_the_nights_whole_search_for_differences() -> None:
    few = replace(FULL, replications=(2, 1, 0), rules=1)
    rows = pd.DataFrame(plasmode_rows(sample_in(clinic(700, 5, missing=0.0)), few, seed=1, say=in_silence))
    assert list(rows["effort"]) == ["full", "full"]
    assert list(rows["n_rule_replications"]) == [1, 0]
    assert (rows["n_replications"] == [2, 1]).all()
