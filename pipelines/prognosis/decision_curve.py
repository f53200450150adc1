"""Net benefit: what acting on a probability is worth against acting on everybody, on nobody, or on a named rule.

Vickers and Elkin (2006): true positives less false positives, each of which costs threshold / (1 - threshold) of a true one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.causal.features import BoolArray, FloatArray
from pipelines.causal.inference import clustered_mean
from pipelines.prognosis.protocol import THRESHOLDS

EVERYBODY, NOBODY, MODEL = "everybody", "nobody", "model"


def decision_curve(
    event: FloatArray,
    probability: FloatArray,
    cluster: NDArray[np.object_],
    *,
    rules: Mapping[str, BoolArray] | None = None,
    weight: FloatArray | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """Return a row a strategy and threshold: net_benefit with lower and upper (95 %, clustered), and gain over the better of
    everybody and nobody with its own interval (gain, gain_lower, gain_upper).

    event (n,): 1 or 0, NaN where unknown (left out); probability (n,) of the event; rules: name -> who it acts on (n,).
    Raises ValueError for a threshold that is not between 0 and 1, or a rule under the name of another strategy.
    """
    named = dict(rules or {})
    if taken := {EVERYBODY, NOBODY, MODEL} & named.keys():
        raise ValueError(f"{sorted(taken)} cannot be the name of a rule")
    known = np.isfinite(event)
    y, p, groups = event[known], probability[known], cluster[known]
    w = None if weight is None else weight[known]
    rows = []
    for threshold in thresholds:
        if not 0 < threshold < 1:
            raise ValueError(f"a threshold lies between 0 and 1, found {threshold}")
        worth = y - (1 - y) * threshold / (1 - threshold)
        is_everybody_better = clustered_mean(worth, groups, w).estimate > 0
        acts = {EVERYBODY: np.ones_like(known[known]), NOBODY: np.zeros_like(known[known]), MODEL: p >= threshold}
        for name, acted in (acts | {rule: flag[known] for rule, flag in named.items()}).items():
            benefit = clustered_mean(worth * acted, groups, w)
            gain = clustered_mean(worth * (acted.astype(float) - is_everybody_better), groups, w)
            rows.append((name, threshold, benefit.estimate, *benefit.interval(), gain.estimate, *gain.interval()))
    columns = ["strategy", "threshold", "net_benefit", "lower", "upper", "gain", "gain_lower", "gain_upper"]
    return pd.DataFrame(rows, columns=columns)
