"""Steps at quantiles beside a covariate's straight line: what a threshold does, such as 'under 16 days', a line blurs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.causal.features import FloatArray, IntArray

# Fewer values than this are indicators and short scales: their line says as much.
LEAST_DISTINCT_VALUES = 5


@dataclass(frozen=True)
class CutPoints:
    """Steps of the columns of x: `column` (s,) and `at` (s,), the value above which a step is 1; `mean` and `spread` (s,) make
    it standardised like its column."""

    column: IntArray
    at: FloatArray
    mean: FloatArray
    spread: FloatArray

    def apply(self, x: FloatArray) -> FloatArray:
        """Return the standardised steps (n, s) of these rows."""
        return np.asarray(((x[:, self.column] > self.at) - self.mean) / self.spread, dtype=float)


def learn_cut_points(x: FloatArray, parts: int) -> CutPoints:
    """Return the cuts of every column of x (n, p) with five values or more into `parts` of equal size; none for one part."""
    column, at = [], []
    for index, values in enumerate(x.T):
        if parts > 1 and len(np.unique(values)) >= LEAST_DISTINCT_VALUES:
            cuts = np.unique(np.quantile(values, np.arange(1, parts) / parts, method="inverted_cdf"))
            cuts = cuts[cuts < values.max()]
            column += [index] * len(cuts)
            at += cuts.tolist()
    columns, cuts = np.array(column, dtype=np.int64), np.array(at, dtype=float)
    shares = (x[:, columns] > cuts).mean(axis=0)
    return CutPoints(columns, cuts, shares, np.sqrt(shares * (1 - shares)))
