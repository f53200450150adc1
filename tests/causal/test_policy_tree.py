import json
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.causal.policy_tree import FeatureWords, PolicyTree, in_words
from pipelines.causal.split_tables import candidates
from pipelines.causal.tree_search import fit_policy_tree, least_leaf

ARMS = ("exercise", "manipulation", "rest")


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
