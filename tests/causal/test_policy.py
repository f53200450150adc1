import json
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.inference import clustered_mean
from pipelines.causal.policy import nested_gains, rule_folds, value_of_learned_rule
from pipelines.causal.policy_tree import FeatureWords, PolicyTree, in_words
from pipelines.causal.split_tables import candidates
from pipelines.causal.tree_search import fit_policy_tree, least_leaf
from tests.causal.worlds import linear_clinic

ARMS = ("exercise", "manipulation", "rest")
FEATURES = ("leg_pain", "age", "below_knee")


def table(seed, n, missing=0.1):
    """A score, an age and a yes-or-no feature, each not recorded here and there."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "leg_pain": generator.integers(0, 11, n).astype(float),
            "age": generator.normal(50, 12, n).round(),
            "below_knee": (generator.random(n) < 0.4).astype(float),
        }
    )
    return frame.mask(generator.random(frame.shape) < missing)


def scores_of(seed, n, arms=3):
    return np.random.default_rng(seed + 1).normal(size=(n, arms))


def value_of(tree, features, scores):
    return float(scores[np.arange(len(scores)), tree.assign(features)].sum())


def best_value_by_hand(features, scores, least):
    """The best sum over all trees of at most two questions, by trying every pair of splits in plain Python."""
    columns = [[None if np.isnan(v) else v for v in features[name]] for name in features]
    questions = [
        (column, threshold) for column in columns for threshold in sorted({v for v in column if v is not None})[1:]
    ]

    def arm_value(rows):
        if len(rows) < least:
            return float("-inf")
        return max(sum(scores[row, arm] for row in rows) for arm in range(scores.shape[1]))

    def parts(rows, question):
        column, threshold = question
        upper = [row for row in rows if column[row] is not None and column[row] >= threshold]
        return [row for row in rows if row not in set(upper)], upper

    def best_of(rows):
        return max([arm_value(rows), *(sum(map(arm_value, parts(rows, question))) for question in questions)])

    everybody = list(range(len(scores)))
    return max([arm_value(everybody), *(sum(map(best_of, parts(everybody, question))) for question in questions)])


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


@pytest.mark.parametrize(("seed", "arms", "least"), [*product(range(6), (2, 3), (1, 5)), (9, 1, 3), (9, 4, 12)])
def test_the_tree_is_as_good_as_the_best_of_all_pairs_of_splits(seed, arms, least):
    features, scores = table(seed, 26), scores_of(seed, 26, arms)
    tree = fit_policy_tree(features, scores, ("a", "b", "c", "d")[:arms], minimum_leaf=least, thresholds=None)
    assert value_of(tree, features, scores) == pytest.approx(best_value_by_hand(features, scores, least))
    leaves = [node.n for node in tree.nodes if node.arm is not None]
    assert min(leaves) >= least
    assert sum(leaves) == 26


def test_a_rule_of_two_questions_is_found_again():
    generator = np.random.default_rng(0)
    features = table(0, 3000, missing=0.0)
    is_high, is_old = features["leg_pain"] >= 4, features["age"] >= 60
    best = np.where(is_high, np.where(is_old, 2, 1), 0)
    scores = generator.normal(size=(3000, 3))
    scores[np.arange(3000), best] += 3
    tree = fit_policy_tree(features, scores, ARMS, thresholds=None)
    assert (tree.assign(features) == best).mean() > 0.99
    assert in_words(tree, {"leg_pain": FeatureWords("leg pain"), "age": FeatureWords("age in years")}) == [
        "leg pain of 4 or more and age in years of 60 or more: rest",
        "leg pain of 4 or more and age in years under 60 (or not recorded): manipulation",
        "leg pain under 4 (or not recorded): exercise",
    ]


def test_questions_that_help_only_together_are_found_although_neither_helps_alone():
    generator = np.random.default_rng(1)
    features = pd.DataFrame(generator.integers(0, 2, (2000, 3)).astype(float), columns=["x", "y", "z"])
    best = (features["x"] != features["y"]).to_numpy(dtype=int)
    scores = np.eye(2)[best]
    tree = fit_policy_tree(features, scores, ("a", "b"))
    assert (tree.assign(features) == best).all()


def test_what_was_not_recorded_goes_below():
    features = pd.DataFrame({"leg_pain": [np.nan] * 30 + [2.0] * 30 + [8.0] * 30})
    scores = np.repeat([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 30, axis=0)
    tree = fit_policy_tree(features, scores, ("a", "b"), minimum_leaf=20)
    assert (tree.nodes[0].feature, tree.nodes[0].threshold) == ("leg_pain", 8.0)
    assert tree.assign(pd.DataFrame({"leg_pain": [np.nan, 7.9, 8.0]})).tolist() == [0, 0, 1]


def test_ties_take_fewer_questions_then_the_first_feature_threshold_and_arm():
    features = pd.DataFrame({"x": np.tile([0.0, 1.0, 2.0, 3.0], 50), "y": np.tile([0.0, 1.0, 2.0, 3.0], 50)})
    assert len(fit_policy_tree(features, np.ones((200, 3)), ARMS, minimum_leaf=10).nodes) == 1
    assert fit_policy_tree(features, np.ones((200, 3)), ARMS, minimum_leaf=10).nodes[0].arm == "exercise"
    scores = np.column_stack([features["x"] >= 2, features["x"] < 2]).astype(float)
    tree = fit_policy_tree(features, scores, ("a", "b"), minimum_leaf=10)
    assert [(node.feature, node.threshold, node.arm) for node in tree.nodes] == [
        ("x", 2.0, None),
        (None, None, "b"),
        (None, None, "a"),
    ]


def test_few_thresholds_are_observed_values_and_cost_little():
    features, scores = table(3, 4000, missing=0.0), scores_of(3, 4000)
    features["age"] += np.random.default_rng(3).random(4000)
    coarse = fit_policy_tree(features, scores, ARMS, thresholds=15)
    exact = fit_policy_tree(features, scores, ARMS, thresholds=200)
    for node in coarse.nodes:
        assert node.feature is None or node.threshold in set(features[node.feature])
    assert value_of(coarse, features, scores) <= value_of(exact, features, scores) + 1e-9


def test_a_threshold_that_leaves_too_few_on_a_side_is_never_a_candidate():
    values = np.array([np.nan, np.nan, 0.0, 1.0, 1.0, 2.0, 3.0, 4.0])
    assert candidates(values, None, 1).thresholds.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert candidates(values, None, 3).thresholds.tolist() == [1.0, 2.0]
    assert candidates(values, 2, 1).thresholds.tolist() == [1.0, 4.0]
    assert candidates(values, None, 3).interval.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]


def test_a_leaf_holds_at_least_200_or_a_tenth():
    assert (least_leaf(500), least_leaf(2000), least_leaf(2001), least_leaf(100_000)) == (200, 200, 201, 10_000)
    tree = fit_policy_tree(table(4, 399), scores_of(4, 399), ARMS)
    assert len(tree.nodes) == 1


@given(
    st.integers(0, 10_000), st.permutations(range(3)), st.floats(0.001, 1000), st.floats(-100, 100), st.integers(1, 30)
)
def test_labels_order_of_rows_unit_and_level_of_the_scores_change_no_assignment(seed, order, scale, shift, least):
    features, scores = table(seed, 120), scores_of(seed, 120)
    tree = fit_policy_tree(features, scores, ARMS, minimum_leaf=least)
    rows = np.random.default_rng(seed + 2).permutation(120)
    level = shift + 10 * np.random.default_rng(seed + 3).normal(size=(120, 1))
    changed = (scale * scores + level)[rows][:, order]
    renamed = tuple(ARMS[k] for k in order)
    other = fit_policy_tree(features.iloc[rows], changed, renamed, minimum_leaf=least)
    first, second = np.array(ARMS)[tree.assign(features)], np.array(renamed)[other.assign(features)]
    assert (first == second).all()


def test_a_tree_is_rows_and_json_and_comes_back_the_same():
    features, scores = table(5, 300), scores_of(5, 300)
    tree = fit_policy_tree(features, scores, ARMS, minimum_leaf=20)
    assert PolicyTree.from_json(tree.as_json()) == tree
    rows = pd.DataFrame(tree.as_rows())
    assert list(rows) == ["number", "feature", "threshold", "below", "at_least", "arm", "n"]
    assert json.loads(tree.as_json())["arms"] == list(ARMS)


def test_a_yes_or_no_feature_reads_as_yes_and_no():
    features = table(6, 400, missing=0.0)
    scores = np.eye(3)[features["below_knee"].astype(int)]
    words = {"below_knee": FeatureWords("pain below the knee", "pain below the knee", "no pain below the knee")}
    tree = fit_policy_tree(features, scores, ARMS, minimum_leaf=50)
    assert in_words(tree, words, {"exercise": "exercise first"}) == [
        "pain below the knee: manipulation",
        "no pain below the knee (or not recorded): exercise first",
    ]
    assert in_words(fit_policy_tree(features, np.eye(3)[[1] * 400], ARMS)) == ["everybody: manipulation"]


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
        ({"scores": np.zeros((5, 3))}, "episodes, arms"),
        ({"scores": np.full((10, 3), np.nan)}, "finite"),
        ({"arms": ("a", "a", "b")}, "named twice"),
        ({"minimum_leaf": 0}, "at least 1"),
        ({"thresholds": 0}, "at least 1"),
        ({"features": pd.DataFrame({"x": [np.inf] * 10})}, "infinite"),
        ({"features": pd.DataFrame({"x": ["a"] * 10})}, "could not convert"),
        ({"features": pd.DataFrame({"x": []}), "scores": np.zeros((0, 3))}, "episodes, arms"),
    ],
)
def test_bad_input_to_the_tree_is_refused(change, message):
    given_ = {"features": pd.DataFrame({"x": np.arange(10.0)}), "scores": np.zeros((10, 3)), "arms": ARMS} | change
    with pytest.raises(ValueError, match=message):
        fit_policy_tree(**given_)


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


def test_rows_that_are_no_tree_are_refused():
    tree = fit_policy_tree(table(5, 300), scores_of(5, 300), ARMS, minimum_leaf=20)
    root, *rest = tree.nodes
    for nodes, message in (
        (rest, "no tree"),
        ([replace(root, below=0), *rest], "no tree"),
        ([replace(root, threshold=None), *rest], "neither"),
        ([replace(root, arm="rest"), *rest], "neither"),
    ):
        with pytest.raises(ValueError, match=message):
            PolicyTree(tuple(nodes), ARMS)
    with pytest.raises(ValueError, match="not among"):
        PolicyTree(tree.nodes, ("a", "b"))
    with pytest.raises(ValueError, match="not there"):
        tree.assign(pd.DataFrame({"other": [1.0]}))
    for text in ("[]", "{}", '{"arms": [], "nodes": [{"x": 1}]}', "nothing"):
        with pytest.raises(ValueError):
            PolicyTree.from_json(text)
