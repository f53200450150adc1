"""The encoding of covariates, learned from one set of people and applied to others.

Of the people it was learned from it makes the columns of `features.encode`, number for number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.causal import features
from pipelines.causal.features import Design, FloatArray


@dataclass(frozen=True)
class Column:
    """One covariate. `levels`: text -> code, empty for numbers; `shown`: codes frequent enough for an indicator;
    `median`: stands for a missing number; `edges`, `middles`: of the trees' bins, empty when values stay as they are."""

    name: str
    levels: dict[str, int]
    shown: tuple[int, ...]
    median: float
    has_spread: bool
    has_indicator: bool
    edges: FloatArray
    middles: FloatArray

    def values(self, people: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """Return values (n,), NaN where unknown, and 1.0 where nothing was recorded (n,).

        Raises ValueError when the column is absent or is of another kind than the one learned from.
        """
        if self.name not in people.columns:
            raise ValueError(f"the covariate {self.name!r} is missing")
        column = people[self.name]
        if self.levels:
            code, found = pd.factorize(column.astype(object))
            level_of = np.array([*(self.levels.get(value, np.nan) for value in found), np.nan], dtype=float)
            return level_of[code], column.isna().to_numpy().astype(float)
        values, levels = features.as_numbers(column)
        if values is None or levels:
            raise ValueError(f"the covariate {self.name!r} must be a number or a yes/no, as it was when fitted")
        return values, np.isnan(values).astype(float)

    def linear(self, values: FloatArray, is_missing: FloatArray) -> list[tuple[str, FloatArray]]:
        """Return the named columns (n,) of the linear design, not yet standardised."""
        columns = [(f"{self.name}={level}", (values == code).astype(float)) for level, code in self._shown_levels()]
        if self.has_spread and not self.levels:
            columns.append((self.name, np.where(np.isnan(values), self.median, values)))
        if self.has_indicator:
            columns.append((f"{self.name} not recorded", is_missing))
        return columns

    def trees(self, values: FloatArray) -> FloatArray:
        """Return the column (n,) of the trees' design."""
        return features.coarsened(values, self.edges, self.middles)

    def _shown_levels(self) -> list[tuple[str, int]]:
        return [(level, code) for level, code in self.levels.items() if code in self.shown]


@dataclass(frozen=True)
class Encoding:
    """Columns in order, the names of the linear columns that are kept, and their mean and spread."""

    columns: tuple[Column, ...]
    kept: tuple[str, ...]
    mean: FloatArray
    spread: FloatArray

    def apply(self, people: pd.DataFrame) -> Design:
        """Return the design of these people; a text level never seen before counts as none of those seen.

        The balance table is empty. Raises ValueError when a covariate is absent or of another kind.
        """
        linear: dict[str, FloatArray] = {}
        trees = []
        for column in self.columns:
            values, is_missing = column.values(people)
            linear |= dict(column.linear(values, is_missing))
            trees.append(column.trees(values))
        n = len(people)
        raw = np.column_stack([linear[name] for name in self.kept]) if self.kept else np.zeros((n, 0))
        return Design(
            linear=(raw - self.mean) / self.spread,
            trees=np.column_stack(trees) if trees else np.zeros((n, 0)),
            is_categorical=np.zeros(len(trees), dtype=bool),
            balance=np.zeros((n, 0)),
            balance_names=(),
            used=tuple(column.name for column in self.columns),
            left_out={},
        )


def learn_encoding(people: pd.DataFrame) -> Encoding:
    """Return the encoding of these people's covariates (numbers, booleans, text, missing values; names as text)."""
    used = features.encode(people).used
    columns = tuple(_learned(name, people[name]) for name in used)
    named = [pair for column in columns for pair in column.linear(*column.values(people))]
    kept_columns, kept = features.without_copies([column for _, column in named], [name for name, _ in named])
    spreads = [column.std() for column in kept_columns]
    return Encoding(
        columns=columns,
        kept=tuple(kept),
        mean=np.array([column.mean() for column in kept_columns]),
        spread=np.array([spread if spread > 0 else 1.0 for spread in spreads]),
    )


def _learned(name: str, column: pd.Series) -> Column:
    values, levels = features.as_numbers(column)
    if values is None:
        raise ValueError(f"the covariate {name!r} is neither a number, a yes/no nor a code")
    share_missing = np.isnan(values).mean()
    recorded = values[np.isfinite(values)]
    edges, middles = features.tree_bins(recorded) if not levels else (np.array([]), np.array([]))
    codes = range(len(levels))
    return Column(
        name=name,
        levels={level: code for code, level in enumerate(levels)},
        shown=tuple(code for code in codes if (values == code).mean() >= features.LEAST_LEVEL_SHARE),
        median=float(np.median(recorded)) if len(recorded) else 0.0,
        has_spread=bool(len(recorded)) and bool(recorded.min() < recorded.max()),
        has_indicator=bool(features.LEAST_LEVEL_SHARE <= share_missing <= 1 - features.LEAST_LEVEL_SHARE),
        edges=edges,
        middles=middles,
    )
