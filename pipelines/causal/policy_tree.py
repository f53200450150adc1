"""A policy tree as data: rows and JSON of (feature, threshold, arm), how it assigns, and how it reads in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from pipelines.causal.features import IntArray


@dataclass(frozen=True, slots=True)
class Node:
    """A split (`feature`, `threshold`, and the rows `below` and `at_least` lead to) or a leaf (`arm`).

    `number` is the row's place, 0 the root. A missing value goes below. `n`: episodes the tree was fitted on here.
    """

    number: int
    feature: str | None
    threshold: float | None
    below: int | None
    at_least: int | None
    arm: str | None
    n: int


@dataclass(frozen=True, slots=True)
class FeatureWords:
    """How a feature reads: 'leg pain' gives 'leg pain of 4 or more' and 'leg pain under 4'.

    With `present` and `absent` a yes-or-no feature reads as these instead, whatever the threshold.
    """

    name: str
    present: str | None = None
    absent: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyTree:
    """A rule of at most two questions. Raises ValueError when the rows are no tree or name an unknown arm."""

    nodes: tuple[Node, ...]
    arms: tuple[str, ...]

    def __post_init__(self) -> None:
        reached = [0, *(child for node in self.nodes for child in (node.below, node.at_least) if child is not None)]
        if sorted(reached) != list(range(len(self.nodes))):
            raise ValueError("the rows are no tree: each but the first must follow from exactly one other")
        for number, node in enumerate(self.nodes):
            split = (node.feature, node.threshold, node.below, node.at_least)
            given = [part is not None for part in split]
            if node.number != number or any(given) != all(given) or all(given) == (node.arm is not None):
                raise ValueError(f"row {number} is neither a split nor a leaf")
            if all(given) and not number < min(node.below or 0, node.at_least or 0):
                raise ValueError(f"row {number} leads back")
            if node.arm is not None and node.arm not in self.arms:
                raise ValueError(f"arm {node.arm!r} is not among {list(self.arms)}")

    def assign(self, features: pd.DataFrame) -> IntArray:
        """Return the code of `arms` each row (n,) is given; a missing value counts as below the threshold.

        Raises ValueError when a feature of the tree is no column of `features`.
        """
        absent = sorted({node.feature for node in self.nodes if node.feature is not None} - set(features.columns))
        if absent:
            raise ValueError(f"the tree asks for {absent}, which are not there")
        at = np.zeros(len(features), dtype=np.int64)
        for node in self.nodes:
            if node.feature is not None:
                here = at == node.number
                is_upper = features[node.feature].to_numpy(dtype=float, na_value=np.nan) >= node.threshold
                at[here] = np.where(is_upper[here], node.at_least or 0, node.below or 0)
        code_of_node = [self.arms.index(node.arm) if node.arm is not None else -1 for node in self.nodes]
        return np.array(code_of_node, dtype=np.int64)[at]

    def as_rows(self) -> list[dict[str, object]]:
        """Return a row a node with number, feature, threshold, below, at_least, arm and n, ready for a table."""
        return [asdict(node) for node in self.nodes]

    def as_json(self) -> str:
        """Return the tree as JSON: arms and rows."""
        return json.dumps({"arms": list(self.arms), "nodes": self.as_rows()}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> PolicyTree:
        """Return the tree that `as_json` wrote. Raises ValueError when the text is no such tree."""
        try:
            data = json.loads(text)
            return cls(tuple(Node(**row) for row in data["nodes"]), tuple(data["arms"]))
        except (KeyError, TypeError) as problem:
            raise ValueError(f"no policy tree: {problem}") from problem


def in_words(
    tree: PolicyTree, features: Mapping[str, FeatureWords] | None = None, arms: Mapping[str, str] | None = None
) -> list[str]:
    """Return a sentence a leaf, for example 'leg pain of 4 or more and under 50 years: manipulation'.

    Names that are not given read with spaces for underscores. What was not recorded is named on its side.
    """
    known_features, known_arms = features or {}, arms or {}
    sentences: list[str] = []
    stack: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    while stack:
        number, conditions = stack.pop()
        node = tree.nodes[number]
        if node.arm is not None:
            arm = known_arms.get(node.arm, node.arm.replace("_", " "))
            sentences.append(f"{' and '.join(conditions) or 'everybody'}: {arm}")
        elif node.feature is not None and node.below is not None and node.at_least is not None:
            words = known_features.get(node.feature, FeatureWords(node.feature.replace("_", " ")))
            upper, lower = _sides(words, node.threshold)
            stack += [(node.below, (*conditions, lower)), (node.at_least, (*conditions, upper))]
    return sentences


def _sides(words: FeatureWords, threshold: float | None) -> Sequence[str]:
    upper = words.present or f"{words.name} of {threshold:g} or more"
    lower = words.absent or f"{words.name} under {threshold:g}"
    return upper, f"{lower} (or not recorded)"
