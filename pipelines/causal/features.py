"""Covariates as numbers: one design for the linear models, one for the trees, one for the balance table.

Everything here is learned from covariates alone (medians, levels, spreads), never from arm or outcome, so it is
done once for a trial and cross-fitting is untouched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.causal.practitioner_levels import LARGEST_LEVEL_COUNT, practitioner_codes

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

LEAST_LEVEL_SHARE = 0.01
LEAST_BALANCE_SHARE = 0.05
LEAST_RECORDED_SHARE = 0.02
TREE_BINS = 31


@dataclass(frozen=True)
class Design:
    """Rows are units. `linear` (n, p): imputed, one-hot, missing indicators, practitioner indicators, standardised.
    `trees` (n, q): NaN where not recorded, text as the code of its level; only practitioners are split as a set
    (`is_categorical`): a code with a few levels is separated by two cuts, and each such column costs a fit 1 ms.
    `balance` (n, b): the standardised covariates of the balance table, without practitioners.
    `curved` (n, c): what a kernel regression reads besides `linear`, where one is fitted (see `kernel`).
    `left_out`: column -> reason in plain words. `n_practitioner_columns`: how many columns of `linear`, the last, are theirs."""

    linear: FloatArray
    trees: FloatArray
    is_categorical: BoolArray
    balance: FloatArray
    balance_names: tuple[str, ...]
    used: tuple[str, ...]
    left_out: dict[str, str]
    curved: FloatArray | None = None
    n_practitioner_columns: int = 0

    def take(self, rows: NDArray[np.intp] | BoolArray | slice) -> Design:
        """Return the design of these rows only."""
        curved = None if self.curved is None else self.curved[rows]
        return replace(
            self, linear=self.linear[rows], trees=self.trees[rows], balance=self.balance[rows], curved=curved
        )

    def with_precision(self) -> Design:
        """Return the design in double precision: of many rows it is kept in single (see `encode`)."""
        parts = (self.linear, self.trees, self.balance)
        linear, trees, balance = (part.astype(np.float64, copy=False) for part in parts)
        return replace(self, linear=linear, trees=trees, balance=balance)

    def without_balance(self) -> Design:
        """Return what models read: to copy or send the balance table too would be in vain."""
        return replace(self, balance=self._nothing)

    def only_linear(self) -> Design:
        """Return the part that linear models read."""
        return replace(self.only_curved(), curved=None)

    def only_trees(self) -> Design:
        """Return the part that boosting reads."""
        return replace(self, linear=self._nothing, balance=self._nothing, curved=None)

    def only_curved(self) -> Design:
        """Return the part that kernel regressions read."""
        nothing = self._nothing
        return replace(self, trees=nothing, is_categorical=np.zeros(0, dtype=bool), balance=nothing)

    @property
    def _nothing(self) -> FloatArray:
        return np.zeros((len(self.linear), 0))


def encode(
    covariates: pd.DataFrame, practitioner: pd.Series | None = None, training: FloatArray | None = None
) -> Design:
    """Return the design of a frame of covariates (numbers, booleans, text, missing values) and a practitioner column.

    Columns of another kind (lists), constant ones and those recorded for under 2 % of rows are left out and named.
    Practitioners with under 10 episodes share one indicator. training (n,): weights of `training_sample`, where only some rows
    teach: practitioners are then those with 10 episodes among these, the others share one indicator, and the columns are kept
    in single precision.
    """
    n = len(covariates)
    kind = np.float64 if training is None else np.float32
    linear: list[FloatArray] = []
    linear_names: list[str] = []
    trees: list[FloatArray] = []
    used: list[str] = []
    left_out: dict[str, str] = {}
    for label, column in covariates.items():
        name = str(label)
        values, levels = as_numbers(column)
        if values is None:
            left_out[name] = "neither a number, a yes/no nor a code"
            continue
        is_missing = np.isnan(values)
        if n == 0 or 1 - is_missing.mean() < LEAST_RECORDED_SHARE:
            left_out[name] = "hardly ever recorded"
            continue
        share_missing = is_missing.mean()
        has_indicator = LEAST_LEVEL_SHARE <= share_missing <= 1 - LEAST_LEVEL_SHARE
        recorded = values[~is_missing]
        if recorded.min() == recorded.max() and not has_indicator:
            left_out[name] = "the same for every episode"
            continue
        if levels:
            for code, level in enumerate(levels):
                indicator = (values == code).astype(float)
                if indicator.mean() >= LEAST_LEVEL_SHARE:
                    linear.append(indicator)
                    linear_names.append(f"{name}={level}")
        elif recorded.min() < recorded.max():
            linear.append(np.where(is_missing, np.median(recorded), values))
            linear_names.append(name)
        if has_indicator:
            linear.append(is_missing.astype(float))
            linear_names.append(f"{name} not recorded")
        trees.append(values if levels else coarsened(values, *tree_bins(recorded)))
        used.append(name)
    linear, linear_names = without_copies(linear, linear_names)
    in_balance = [_belongs_in_balance(column) for column in linear]
    balance_names = tuple(name for name, kept in zip(linear_names, in_balance, strict=True) if kept)
    codes = np.zeros(n, dtype=np.int64)
    if practitioner is not None:
        codes = practitioner_codes(practitioner, training)
        trees.append(codes.astype(float))
    table = _standardised_columns(linear, codes, kind)
    return Design(
        linear=table,
        trees=_columns(trees, n, kind),
        is_categorical=np.arange(len(trees)) >= len(used),
        balance=np.take(table, np.flatnonzero(in_balance), axis=1),
        balance_names=balance_names,
        used=tuple(used),
        left_out=left_out,
        n_practitioner_columns=int(codes.max(initial=0)),
    )


def joined(first: Design, second: Design) -> Design:
    """Return both designs' columns side by side; the balance table and the names are the first's."""
    return replace(
        first,
        linear=np.hstack([first.linear, second.linear]),
        trees=np.hstack([first.trees, second.trees]),
        is_categorical=np.append(first.is_categorical, second.is_categorical),
        n_practitioner_columns=second.n_practitioner_columns,
    )


def as_numbers(column: pd.Series) -> tuple[FloatArray | None, tuple[str, ...]]:
    """Return values with NaN where missing, and the levels when they are codes of a text column."""
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        values = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isfinite(values), values, np.nan), ()
    if isinstance(column.dtype, pd.StringDtype):
        return _text_as_numbers(column)
    as_object = column.astype(object).where(column.notna(), None)
    recorded = [value for value in as_object if value is not None]
    if all(isinstance(value, (bool, np.bool_)) for value in recorded):
        return np.array([np.nan if value is None else float(value) for value in as_object], dtype=float), ()
    if all(isinstance(value, (int, float, np.number)) for value in recorded):
        return np.array([np.nan if value is None else float(value) for value in as_object], dtype=float), ()
    if not all(isinstance(value, str) for value in recorded):
        return None, ()
    counts = pd.Series(recorded, dtype=object).value_counts()
    levels = tuple(sorted(sorted(counts.index, key=lambda level: (-int(counts[level]), level))[:LARGEST_LEVEL_COUNT]))
    code_of = {level: code for code, level in enumerate(levels)}
    return np.array([code_of.get(value, np.nan) for value in as_object], dtype=float), levels


def _text_as_numbers(column: pd.Series) -> tuple[FloatArray, tuple[str, ...]]:
    """Return what `as_numbers` does of a column that can hold nothing but text, without looking at every value by itself."""
    code, found = pd.factorize(column)
    counts = np.bincount(code[code >= 0], minlength=len(found))
    by_size = sorted(range(len(found)), key=lambda place: (-int(counts[place]), str(found[place])))
    levels = tuple(sorted(str(found[place]) for place in by_size[:LARGEST_LEVEL_COUNT]))
    level_of = {level: number for number, level in enumerate(levels)}
    numbers = np.array([*(level_of.get(str(level), np.nan) for level in found), np.nan], dtype=float)
    return numbers[code], levels


def without_copies(columns: list[FloatArray], names: list[str]) -> tuple[list[FloatArray], list[str]]:
    """Drop columns equal to an earlier one: a clinic that skips an examination makes many equal indicators."""
    seen: dict[bytes, str] = {}
    for column, name in zip(columns, names, strict=True):
        seen.setdefault(column.tobytes(), name)
    kept = set(seen.values())
    pairs = [(column, name) for column, name in zip(columns, names, strict=True) if name in kept]
    return [column for column, _ in pairs], [name for _, name in pairs]


def _belongs_in_balance(column: FloatArray) -> bool:
    is_indicator = bool(np.isin(column, (0.0, 1.0)).all())
    return not is_indicator or LEAST_BALANCE_SHARE <= column.mean() <= 1 - LEAST_BALANCE_SHARE


def tree_bins(recorded: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return inner edges and medians of 31 quantile bins of the recorded values; both empty when these are few."""
    if len(np.unique(recorded)) <= TREE_BINS:
        return np.array([]), np.array([])
    edges = np.unique(np.quantile(recorded, np.linspace(0, 1, TREE_BINS + 1)[1:-1]))
    return edges, np.unique(np.quantile(recorded, (np.arange(TREE_BINS) + 0.5) / TREE_BINS))


def coarsened(values: FloatArray, edges: FloatArray, middles: FloatArray) -> FloatArray:
    """Round to the median of the bin: a tree learner bins anyway, and repeats it for every fit."""
    if not len(middles):
        return values
    code = np.searchsorted(edges, values, side="right")
    return np.where(np.isfinite(values), middles[np.minimum(code, len(middles) - 1)], np.nan)


def _standardised(column: FloatArray) -> FloatArray:
    spread = column.std()
    return np.asarray((column - column.mean()) / (spread if spread > 0 else 1.0), dtype=float)


def _standardised_columns(covariates: list[FloatArray], codes: IntArray, kind: type[np.floating[Any]]) -> FloatArray:
    """Return the covariates and an indicator of each code above 0, written one at a time: of many rows another copy is large."""
    n_covariates, n_codes = len(covariates), int(codes.max(initial=0))
    table = np.empty((len(codes), n_covariates + n_codes), dtype=kind)
    for place, values in enumerate(covariates):
        table[:, place] = _standardised(values)
    for code in range(1, n_codes + 1):
        table[:, n_covariates + code - 1] = _standardised((codes == code).astype(float))
    return table


def _columns(columns: list[FloatArray], n: int, kind: type[np.floating[Any]]) -> FloatArray:
    table = np.empty((n, len(columns)), dtype=kind)
    for place, column in enumerate(columns):
        table[:, place] = column
    return table
