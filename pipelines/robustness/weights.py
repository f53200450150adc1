"""Overlap and weights: rows of diagnostics.overlap and diagnostics.weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipelines.causal.features import FloatArray, IntArray
from pipelines.causal.overlap import effective_n
from pipelines.causal.protocol import TargetTrial, contrast_name
from pipelines.causal.weighting import Weighting
from pipelines.robustness.codes import FROM_REFIT, FROM_SCORES
from pipelines.robustness.scored import ScoredOutcome

BINS = 10


def overlap_of_scores(scored: ScoredOutcome) -> pd.DataFrame:
    """Return the distribution of each arm's propensity among those given each arm, from the scores (calibrated, clipped)."""
    rows = _overlap(scored.trial, scored.arms, scored.arm, scored.e.mean(axis=0))
    return rows.assign(weights_from=FROM_SCORES)


def overlap_of_refit(trial: TargetTrial, weighting: Weighting) -> pd.DataFrame:
    """Return the same of a trial none of whose contrasts was estimated, from propensities fitted anew, not calibrated."""
    rows = _overlap(trial, weighting.arms, weighting.arm, weighting.propensity.modelled)
    return rows.assign(weights_from=FROM_REFIT)


def _overlap(trial: TargetTrial, arms: Sequence[str], arm: IntArray, propensity: FloatArray) -> pd.DataFrame:
    """Return a row an arm given, arm whose propensity, and tenth of it: bin k holds propensities from (k - 1) / 10 to k / 10."""
    parts = []
    for code, given in enumerate(arms):
        for k, of_arm in enumerate(arms):
            values = propensity[arm == code, k]
            counts = np.bincount(np.clip((values * BINS).astype(np.int64), 0, BINS - 1), minlength=BINS)
            parts.append(
                pd.DataFrame(
                    {
                        "trial": trial.id,
                        "arm_given": given,
                        "propensity_of": of_arm,
                        "bin": np.arange(1, BINS + 1),
                        "from_propensity": np.arange(BINS) / BINS,
                        "to_propensity": (np.arange(BINS) + 1) / BINS,
                        "share": counts / max(len(values), 1),
                        "n": counts,
                        "protocol_hash": trial.protocol_hash(),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def weight_rows(scored: ScoredOutcome) -> pd.DataFrame:
    """Return a row a contrast and arm: how far the weights 1 / (e g) of those with a known outcome stretch.

    Quantiles and the largest are in multiples of the arm's mean weight. `effective_n` is Kish's. `clipped_share`: episodes
    of the whole population whose propensity of the arm, or probability of an answer in it, stands at the protocol's clip.
    """
    weights, rows = scored.answer_weights(), []
    at_clip = ((scored.e <= scored.trial.clip) | (scored.g <= scored.trial.clip)).mean(axis=(0, 1))
    for pair in scored.pairs:
        for code in scored.codes(pair):
            own = weights[scored.known & (scored.arm == code)]
            scaled = own / own.mean() if len(own) else np.array([np.nan])
            rows.append(
                {
                    "trial": scored.trial.id,
                    "outcome": scored.outcome.name,
                    "contrast": contrast_name(*pair),
                    "arm": scored.arms[code],
                    "n": len(own),
                    "effective_n": effective_n(own),
                    "largest_share": float(own.max() / own.sum()) if len(own) else float("nan"),
                    **{f"quantile_{percent}": float(np.quantile(scaled, percent / 100)) for percent in (50, 90, 99)},
                    "largest": float(scaled.max()),
                    "clipped_share": float(at_clip[code]),
                    "protocol_hash": scored.protocol_hash,
                }
            )
    return pd.DataFrame(rows)
