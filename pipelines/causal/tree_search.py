"""Exact search for the policy tree of at most two questions that gives the largest sum of scores.

Zhou, Athey and Wager (2023), Offline multi-action policy learning: generalization and optimization, Oper Res 71:148.
Every pair of candidate splits is looked at, not only the best first and then the best second. For each pair of
features the scores are summed once into a table of their intervals; sums of these tables along both axes are
the leaves of every pair of thresholds, so that the time grows with n (features)^2, not with n^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.causal.features import BoolArray, FloatArray, IntArray
from pipelines.causal.policy_tree import Node, PolicyTree
from pipelines.causal.split_tables import Candidates, SplitTables, candidates

LEAST_LEAF = 200
LEAST_LEAF_SHARE = 0.1
THRESHOLDS = 63

# A question must raise the sum of scores by more than rounding: relative to the sum of their absolute differences.
TIE_TOLERANCE = 1e-10

Question = tuple[int, int]
"""A feature's number and the number of its threshold."""


def least_leaf(n: int) -> int:
    """Return the fewest episodes a leaf may hold among n: 200, or 10 % if that is more."""
    return max(LEAST_LEAF, int(np.ceil(LEAST_LEAF_SHARE * n)))


def fit_policy_tree(
    features: pd.DataFrame,
    scores: FloatArray,
    arms: tuple[str, ...],
    *,
    minimum_leaf: int | None = None,
    thresholds: int | None = THRESHOLDS,
) -> PolicyTree:
    """Return the tree of at most two questions on the way to an arm that maximises the sum of the scores given.

    `features`: a numeric or boolean column each; a missing value goes below every threshold. `scores` (n, arms):
    larger is better, smoothed gains or doubly robust scores. `minimum_leaf`: episodes, default `least_leaf`.
    `thresholds`: candidates a feature, observed values at evenly spaced ranks; None: every value, for which
    time and memory grow with the square of the number of distinct values.

    Exact over these candidates. Ties: fewer questions first, then features in the order of the columns, lower
    thresholds, and arms in their order. Where no leaf can be split it is one arm for everybody.
    Raises ValueError when there is no row or arm, shapes differ, a score is not finite, a column is infinite or holds
    no numbers, or a limit is below 1.
    """
    least = least_leaf(len(scores)) if minimum_leaf is None else minimum_leaf
    _check(features, scores, arms, least, thresholds)
    columns = [
        candidates(features.iloc[:, j].to_numpy(dtype=float, na_value=np.nan), thresholds, least)
        for j in range(features.shape[1])
    ]
    kept = [j for j, column in enumerate(columns) if len(column.thresholds)]
    relative = scores - scores[:, :1]
    tolerance = TIE_TOLERANCE * float(np.abs(relative).sum())
    used = tuple(columns[j] for j in kept)
    tables = SplitTables(used, np.ascontiguousarray(relative.T[1:]), least)
    root, halves = _best_questions(tables, float(relative.sum(axis=0).max()), tolerance)
    names = [str(features.columns[j]) for j in kept]
    builder = _Builder(used, names, relative, arms, tolerance, [])
    builder.add(root, halves, np.ones(len(scores), dtype=bool))
    return PolicyTree(tuple(builder.nodes), arms)


def _check(features: pd.DataFrame, scores: FloatArray, arms: tuple[str, ...], least: int, limit: int | None) -> None:
    if scores.ndim != 2 or scores.shape != (len(features), len(arms)) or not scores.size:
        raise ValueError(f"scores must be (episodes, arms) = {(len(features), len(arms))}, found {scores.shape}")
    if len(set(arms)) != len(arms) or not features.columns.is_unique:
        raise ValueError("an arm or a feature is named twice")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
    if least < 1 or (limit is not None and limit < 1):
        raise ValueError("minimum_leaf and thresholds must be at least 1")


@dataclass
class _Half:
    """What one side of each threshold of a first question can reach at most, and with which second question (-1: none)."""

    value: FloatArray
    feature: IntArray
    threshold: IntArray

    def offer(self, value: FloatArray, feature: int, tolerance: float) -> None:
        """Take the best second threshold (columns) for each first (rows), the lowest of those that tie."""
        best = value.max(axis=1)
        lowest = (value >= (best - tolerance)[:, None]).argmax(axis=1)
        better = best > self.value + tolerance
        self.value[better], self.feature[better], self.threshold[better] = best[better], feature, lowest[better]

    def question(self, i: int) -> Question | None:
        return (int(self.feature[i]), int(self.threshold[i])) if self.feature[i] >= 0 else None


def _best_questions(
    tables: SplitTables, everybody: float, tolerance: float
) -> tuple[Question | None, tuple[Question | None, Question | None]]:
    """Return the first question (None: one arm for everybody) and those of its two sides (None: one arm)."""
    halves = _sides(tables, tolerance)
    best, root, asked = everybody, None, 0
    for f, (below, at_least) in enumerate(halves):
        total = below.value + at_least.value
        questions = 1 + (below.feature >= 0) + (at_least.feature >= 0)
        for i in range(len(total)):
            is_simpler = root is not None and questions[i] < asked and total[i] > best - tolerance
            if total[i] > best + tolerance or is_simpler:
                best, root, asked = float(total[i]), (f, i), int(questions[i])
    if root is None:
        return None, (None, None)
    below, at_least = halves[root[0]]
    return root, (below.question(root[1]), at_least.question(root[1]))


def _sides(tables: SplitTables, tolerance: float) -> list[tuple[_Half, _Half]]:
    halves = []
    for f in range(len(tables.features)):
        none = np.full(len(tables.features[f].thresholds), -1, dtype=np.int64)
        below, at_least = tables.one_question(f)
        halves.append((_Half(below, none.copy(), none.copy()), _Half(at_least, none.copy(), none.copy())))
    for f in range(len(halves)):
        for g in range(f, len(halves)):
            both_below, f_below, g_below, none_below = tables.two_questions(f, g)
            halves[f][0].offer(both_below + f_below, g, tolerance)
            halves[f][1].offer(g_below + none_below, g, tolerance)
            if f != g:
                halves[g][0].offer((both_below + g_below).T, f, tolerance)
                halves[g][1].offer((f_below + none_below).T, f, tolerance)
    return halves


@dataclass
class _Builder:
    """Writes the nodes of a tree, a parent before its children."""

    columns: tuple[Candidates, ...]
    names: list[str]
    relative: FloatArray
    arms: tuple[str, ...]
    tolerance: float
    nodes: list[Node]

    def add(self, question: Question | None, then: tuple[Question | None, Question | None], rows: BoolArray) -> int:
        """Add the node of `rows` and what follows it; return its number."""
        number, n = len(self.nodes), int(rows.sum())
        sums = self.relative[rows].sum(axis=0)
        arm = self.arms[int((sums >= sums.max() - self.tolerance).argmax())]
        self.nodes.append(Node(number, None, None, None, None, arm, n))
        if question is not None:
            f, i = question
            is_upper = self.columns[f].interval > i
            below = self.add(then[0], (None, None), rows & ~is_upper)
            at_least = self.add(then[1], (None, None), rows & is_upper)
            threshold = float(self.columns[f].thresholds[i])
            self.nodes[number] = Node(number, self.names[f], threshold, below, at_least, None, n)
        return number
