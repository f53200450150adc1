import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.inference import clustered_mean
from pipelines.causal.policy import nested_gains, rule_folds, value_of_learned_rule
from tests.causal.worlds import linear_clinic

ARMS = ("exercise", "manipulation", "rest")


def ridge_gains(features, scores, others):
    """Expected scores by a ridge regression: a smoother for the tests, with missing values at 0."""
    x, z = (frame.fillna(0).to_numpy(dtype=float) for frame in (features, others))
    middle, spread = x.mean(axis=0), x.std(axis=0)
    x, z = (x - middle) / spread, (z - middle) / spread
    slope = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ (scores - scores.mean(axis=0)))
    return scores.mean(axis=0) + z @ slope


def clinic(seed, n=600, arms=3, features=6, modifier=0.0, practitioners=30):
    """Features, raw scores and practitioners; the second arm is better by `modifier` where f0 is over 0, else worse."""
    generator = np.random.default_rng(seed)
    x = pd.DataFrame(generator.normal(size=(n, features)), columns=[f"f{j}" for j in range(features)])
    scores = generator.normal(size=(n, arms)) * generator.choice([2.0, 6.0], n)[:, None]
    scores[:, 1] += modifier * np.where(x["f0"] > 0, 1, -1)
    who = np.array([f"t{code}" for code in generator.integers(0, practitioners, n)], dtype=object)
    return x, scores, who


def learned_rule(x, scores, who, seed=0, minimum_leaf=None):
    fold = rule_folds(np.arange(len(x)).astype(object), 5, seed)
    arms = tuple(f"a{k}" for k in range(scores.shape[1]))
    gains = nested_gains(ridge_gains, x, scores, fold)
    return value_of_learned_rule(x, gains, scores, arms, who, fold, minimum_leaf=minimum_leaf, thresholds=15)


def found_share_allowed(seeds, rate=0.05):
    """The most findings among `seeds` that a true rate of `rate` gives in 99 of 100 campaigns."""
    return binom.ppf(0.99, seeds, rate) / seeds


def test_nested_gains_never_see_the_fold_they_are_valued_on():
    x, scores, _ = clinic(0, n=300)
    fold = rule_folds(np.arange(300).astype(object), 5, 0)
    gains = nested_gains(ridge_gains, x, scores, fold)
    for k in range(5):
        changed = scores.copy()
        changed[fold == k] += 100 * np.random.default_rng(k).normal(size=changed[fold == k].shape)
        again = nested_gains(ridge_gains, x, changed, fold)
        assert np.array_equal(gains[k], again[k], equal_nan=True)
        assert np.isnan(gains[k][fold == k]).all()
        assert np.isfinite(gains[k][fold != k]).all()


def test_every_number_is_a_mean_of_raw_scores():
    x, scores, who = clinic(1, modifier=2.0)
    fold = rule_folds(np.arange(len(x)).astype(object), 5, 1)
    gains = nested_gains(ridge_gains, x, scores, fold)
    result = value_of_learned_rule(x, gains, scores, ARMS, who, fold, minimum_leaf=50)
    ruled = [scores[i, result.trees[fold[i]].assign(x.iloc[[i]])[0]] for i in range(len(x))]
    single = [scores[i, scores[fold != fold[i]].mean(axis=0).argmax()] for i in range(len(x))]
    assert result.rule.estimate == pytest.approx(np.mean(ruled))
    assert result.single.estimate == pytest.approx(np.mean(single))
    gain = clustered_mean(np.subtract(ruled, single), who)
    assert result.gain.estimate == pytest.approx(gain.estimate)
    assert gain.standard_error <= result.gain.standard_error <= np.sqrt(2.001) * gain.standard_error
    assert sum(result.shares) == pytest.approx(1)


def test_where_all_folds_learn_one_rule_the_error_is_the_clustered_one():
    x, _, who = clinic(3, n=1000)
    effect = np.where(x["f0"] > 0, 3.0, -1.0)
    noise = np.random.default_rng(3).normal(size=1000)
    scores = np.column_stack([noise, noise + effect])
    fold = rule_folds(np.arange(1000).astype(object), 5, 3)
    gains = np.repeat(np.column_stack([np.zeros(1000), effect])[None], 5, axis=0)
    x["f0"] = effect
    result = value_of_learned_rule(x, gains, scores, ("a", "b"), who, fold, minimum_leaf=50)
    expected = clustered_mean(scores.max(axis=1) - scores[:, 1], who)
    assert result.gain.estimate == pytest.approx(expected.estimate)
    assert result.gain.standard_error == pytest.approx(expected.standard_error)


def test_a_strong_modifier_gives_a_rule_that_is_shown_with_its_true_gain():
    estimates, shown = [], 0
    for seed in range(10):
        result = learned_rule(*clinic(seed, n=2000, arms=2, modifier=2.0), seed=seed)
        shown += result.is_shown
        estimates.append(result.gain.estimate)
    assert shown == 10
    assert np.mean(estimates) == pytest.approx(1.0, abs=4 * np.std(estimates) / np.sqrt(10))


def test_shuffled_rows_and_relabelled_arms_leave_the_value():
    x, scores, who = clinic(2, modifier=2.0)
    fold = rule_folds(np.arange(len(x)).astype(object), 5, 2)
    gains = nested_gains(ridge_gains, x, scores, fold)
    first = value_of_learned_rule(x, gains, scores, ARMS, who, fold, minimum_leaf=50)
    rows, arms = np.random.default_rng(0).permutation(len(x)), [2, 0, 1]
    names = tuple(ARMS[k] for k in arms)
    other = value_of_learned_rule(
        x.iloc[rows], gains[:, rows][:, :, arms], scores[rows][:, arms], names, who[rows], fold[rows], minimum_leaf=50
    )
    assert other.gain.estimate == pytest.approx(first.gain.estimate)
    assert other.gain.standard_error == pytest.approx(first.gain.standard_error)


def test_folds_keep_a_group_together():
    patient = np.repeat([f"p{i}" for i in range(50)], 3).astype(object)
    fold = rule_folds(patient, 5, 0)
    assert all(len(set(fold[patient == key])) == 1 for key in set(patient))
    with pytest.raises(ValueError, match="at least"):
        rule_folds(patient[:6], 5, 0)


def test_one_arm_better_for_everybody_gains_exactly_nothing_from_a_rule():
    x, _, who = clinic(3)
    scores = np.tile([0.0, 1.0, 0.5], (len(x), 1))
    result = learned_rule(x, scores, who)
    assert result.gain.estimate == 0
    assert not result.is_shown
    assert "No rule" in result.verdict


def test_with_all_arms_alike_a_rule_is_hardly_ever_shown():
    """The small version of the test over 200 seeds below."""
    seeds = 30
    shown = [learned_rule(*clinic(seed), seed=seed, minimum_leaf=60).is_shown for seed in range(seeds)]
    assert np.mean(shown) <= found_share_allowed(seeds)


def test_gains_that_saw_the_fold_find_value_where_there_is_none():
    """Why gains that are merely out of fold are refused: the tree's rows were smoothed with the outcomes it is valued on.

    At 2,000 episodes, three arms and ten features that showed a rule in 21 of 100 samples without any.
    """
    leaking, nested = [], []
    for seed in range(10):
        x, scores, who = clinic(seed)
        fold = rule_folds(np.arange(len(x)).astype(object), 5, seed)
        gains = np.empty_like(scores)
        for k in range(5):
            gains[fold == k] = ridge_gains(x[fold != k], scores[fold != k], x[fold == k])
        repeated = np.repeat(gains[None], 5, axis=0)
        result = value_of_learned_rule(x, repeated, scores, ARMS, who, fold, minimum_leaf=60, thresholds=15)
        leaking.append(result.gain.estimate)
        nested.append(learned_rule(x, scores, who, seed, 60).gain.estimate)
    assert np.mean(leaking) > 3 * np.std(leaking) / np.sqrt(10)
    assert abs(np.mean(nested)) < 3 * np.std(nested) / np.sqrt(10)


@pytest.mark.long
@pytest.mark.parametrize(("arms", "features"), [(2, 1), (2, 10), (3, 10)])
def test_with_all_arms_alike_a_rule_is_shown_in_at_most_5_percent(arms, features):
    """Shown in 1, 1.5 and 0.5 %; by intervals that only cluster in 4.5, 9 and 3.5 %."""
    seeds = 200
    shown = [
        learned_rule(*clinic(seed, n=2000, arms=arms, features=features), seed=seed).is_shown for seed in range(seeds)
    ]
    assert np.mean(shown) <= found_share_allowed(seeds)


@pytest.mark.long
def test_with_estimated_scores_and_no_effect_a_rule_is_shown_in_at_most_5_percent():
    """Scores of the estimator itself: confounded treatment, practitioners' habits and skills."""
    seeds, shown = 200, 0
    for seed in range(seeds):
        frame = linear_clinic(1500, seed, effect=0.0)
        x = frame[["severity", "age"]].assign(is_smoker=frame["is_smoker"].astype("boolean").astype("Float64"))
        model = CrossFittedAIPW(learners=("linear",), repeats=1, seed=seed)
        model.fit(
            frame[["severity", "age", "is_smoker", "work"]],
            frame["pain_12wk"],
            frame["arm"],
            practitioner=frame["practitioner_key"],
        )
        scores, fold = model.psi_[0], model.propensity_.fold[0]
        features = x.astype({"is_smoker": float})
        gains = nested_gains(ridge_gains, features, scores, fold)
        who = frame["practitioner_key"].to_numpy(dtype=object)
        shown += value_of_learned_rule(features, gains, scores, tuple(model.arms_), who, fold).is_shown
    assert shown / seeds <= found_share_allowed(seeds)


@pytest.mark.long
@pytest.mark.parametrize("modifier", [0.5, 1.5])
def test_the_interval_covers_what_the_rules_learned_really_gain(modifier):
    """The true gain of each fold's tree in its own fold, known because the effects are."""
    seeds, covered = 200, 0
    for seed in range(seeds):
        x, scores, who = clinic(seed, n=2000, modifier=modifier)
        fold = rule_folds(np.arange(2000).astype(object), 5, seed)
        result = value_of_learned_rule(
            x, nested_gains(ridge_gains, x, scores, fold), scores, ARMS, who, fold, thresholds=15
        )
        mu = np.zeros_like(scores)
        mu[:, 1] = modifier * np.where(x["f0"] > 0, 1, -1)
        true_gain = 0.0
        for k, tree in enumerate(result.trees):
            rows = np.flatnonzero(fold == k)
            single = scores[fold != k].mean(axis=0).argmax()
            true_gain += (mu[rows, tree.assign(x.iloc[rows])] - mu[rows, single]).sum() / len(x)
        lower, upper = result.gain.interval()
        covered += lower <= true_gain <= upper
    assert binom.ppf(0.01, seeds, 0.95) <= covered


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gains": np.zeros((40, 3))}, "gains must be"),
        ({"fold": np.zeros(40, dtype=int)}, "two folds"),
        ({"fold": np.arange(40) % 2 * 2}, "without gaps"),
        ({"practitioner": np.zeros(3, dtype=object)}, "one length"),
        ({"scores": np.full((40, 3), np.inf)}, "finite"),
        ({"gains": np.full((2, 40, 3), np.nan)}, "finite"),
    ],
)
def test_bad_input_to_the_value_of_a_rule_is_refused(change, message):
    given_ = {
        "features": pd.DataFrame({"x": np.arange(40.0)}),
        "gains": np.zeros((2, 40, 3)),
        "scores": np.zeros((40, 3)),
        "arms": ARMS,
        "practitioner": np.arange(40).astype(object),
        "fold": np.arange(40) % 2,
    } | change
    with pytest.raises(ValueError, match=message):
        value_of_learned_rule(**given_)


def test_nested_gains_need_three_folds_and_rows_that_match():
    frame, scores = pd.DataFrame({"x": np.arange(6.0)}), np.zeros((6, 2))
    with pytest.raises(ValueError, match="three folds"):
        nested_gains(ridge_gains, frame, scores, np.arange(6) % 2)
    with pytest.raises(ValueError, match="length"):
        nested_gains(ridge_gains, frame.head(3), scores, np.arange(6) % 3)
