"""A table of points that a clinician can add up, after Sullivan, Massaro and D'Agostino (2004).

Each item is cut into bands, a logistic regression gives each band its weight, and one point is a fixed step on its scale. Weights
fitted on few episodes are too extreme: they are shrunk by a ridge penalty that folds choose (le Cessie and van Houwelingen 1992).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, log_expit
from sklearn.linear_model import LogisticRegression

from pipelines.causal.features import FloatArray, IntArray
from pipelines.prognosis.probability import clipped_logit

NOT_RECORDED = "not recorded"
LARGEST_POINTS = 5
"""The heaviest band of all has this many points; the others follow."""
FEWEST_IN_A_BAND = 20
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse penalties of the bands' weights that are tried."""


@dataclass(frozen=True)
class PointsTable:
    """`bands`: a row a band (item, band, points), 0 for the reference band of each item. `risks`: a row a total (total,
    probability)."""

    bands: pd.DataFrame
    risks: pd.DataFrame

    def totals(self, banded: pd.DataFrame) -> IntArray:
        """Return each row's total (n,); a band that the table does not have counts as `not recorded`, which has 0 points.

        banded: a column an item, as `in_bands` gives them.
        """
        totals = np.zeros(len(banded), dtype=np.int64)
        for item, rows in self.bands.groupby("item"):
            points = dict(zip(rows["band"], rows["points"], strict=True))
            totals += banded[item].map(points).fillna(0).to_numpy(dtype=np.int64)
        return totals

    def probabilities(self, banded: pd.DataFrame) -> FloatArray:
        """Return each row's probability (n,) as the table gives it."""
        lowest = int(self.risks["total"].min())
        return self.risks["probability"].to_numpy(dtype=float)[self.totals(banded) - lowest]


def in_bands(values: pd.DataFrame, cuts: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return the items of `cuts` as bands in words: 'under 4', '4 to under 7', '7 or more', `not recorded`.

    cuts: item -> ascending cut points; with none, the column's own values are the bands. Raises KeyError for an absent column.
    """
    return pd.DataFrame({item: _banded(values[item], list(edges)) for item, edges in cuts.items()}, index=values.index)


def points_table(
    banded: pd.DataFrame, response: FloatArray, weight: FloatArray | None = None, *, fold: IntArray | None = None
) -> PointsTable:
    """Return the table fitted on the rows whose response (n,) is known; a band of under 20 of them has no points.

    The reference of an item is its commonest recorded band; points are rounded to whole numbers, negative where a band makes
    the response less likely. fold (n,): by which the penalty is chosen; without it the slightest is taken. Raises ValueError
    when nobody or everybody responded.
    """
    known = np.isfinite(response)
    y, rows = response[known].astype(int), banded[known]
    if y.min(initial=1) == y.max(initial=0):
        raise ValueError("a points table needs episodes that responded and some that did not")
    w = np.ones(len(y)) if weight is None else weight[known] / weight[known].mean()
    strength = STRENGTHS[-1]
    if fold is not None:
        worth = {one: _log_likelihood(y, _out_of_fold(rows, y, w, fold[known], one), w) for one in STRENGTHS}
        strength = max(STRENGTHS, key=worth.__getitem__)
    return _fitted(rows, y, w, strength)


def _out_of_fold(rows: pd.DataFrame, y: IntArray, w: FloatArray, fold: IntArray, strength: float) -> FloatArray:
    probability = np.full(len(y), float(np.average(y, weights=w)))
    for k in np.unique(fold):
        others = fold != k
        if 0 < y[others].sum() < others.sum():
            table = _fitted(rows[others], y[others], w[others], strength)
            probability[~others] = table.probabilities(rows[~others])
    return probability


def _log_likelihood(y: IntArray, probability: FloatArray, w: FloatArray) -> float:
    z = clipped_logit(probability)
    return float(np.average(np.where(y == 1, log_expit(z), log_expit(-z)), weights=w))


def _fitted(rows: pd.DataFrame, y: IntArray, w: FloatArray, strength: float) -> PointsTable:
    references = {item: _reference(rows[item]) for item in rows}
    named = [
        (item, band)
        for item in rows
        for band, n in sorted(rows[item].value_counts().items())
        if band not in (references[item], NOT_RECORDED) and n >= FEWEST_IN_A_BAND
    ]
    columns: list[FloatArray] = [(rows[item] == band).to_numpy().astype(np.float64) for item, band in named]
    x = np.column_stack(columns or [np.zeros(len(y))])
    model = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-8).fit(x, y, sample_weight=w)
    weights = model.coef_[0][: len(named)]
    step = float(np.abs(weights).max(initial=0.0)) / LARGEST_POINTS or 1.0
    points = np.round(weights / step).astype(int)
    bands: list[tuple[object, str, int]] = [(item, references[item], 0) for item in rows]
    bands += [(item, str(band), int(number)) for (item, band), number in zip(named, points, strict=True)]
    table = pd.DataFrame(bands, columns=["item", "band", "points"]).sort_values(
        ["item", "points", "band"], ignore_index=True
    )
    return PointsTable(table, _risks(table, rows, y, w, step))


def _risks(bands: pd.DataFrame, rows: pd.DataFrame, y: IntArray, weight: FloatArray, step: float) -> pd.DataFrame:
    linear = step * PointsTable(bands, pd.DataFrame()).totals(rows).astype(np.float64)
    by_item = bands.groupby("item")["points"]
    possible = np.arange(int(by_item.min().sum()), int(by_item.max().sum()) + 1)
    probability = expit(_intercept(linear, y, weight) + step * possible)
    return pd.DataFrame({"total": possible, "probability": probability})


def _intercept(linear: FloatArray, y: IntArray, weight: FloatArray) -> float:
    """Return the intercept with which as many responses are expected as were observed."""

    def excess(intercept: float) -> float:
        return float(weight @ (expit(intercept + linear) - y))

    widest = float(np.abs(linear).max()) + 20.0
    return float(brentq(excess, -widest, widest))


def _reference(column: pd.Series) -> str:
    recorded = column[column != NOT_RECORDED]
    counts = (recorded if len(recorded) else column).value_counts()
    return str(min(counts.index, key=lambda band: (-int(counts[band]), band)))


def _banded(values: pd.Series, edges: list[float]) -> pd.Series:
    if not edges:
        return values.astype(object).where(values.notna(), NOT_RECORDED).astype(str)
    numbers = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    words = [
        f"under {edges[0]:g}",
        *(f"{low:g} to under {high:g}" for low, high in pairwise(edges)),
        f"{edges[-1]:g} or more",
    ]
    place = np.searchsorted(edges, numbers, side="right")
    return pd.Series(
        [NOT_RECORDED if np.isnan(one) else words[k] for one, k in zip(numbers, place, strict=True)], values.index
    )
